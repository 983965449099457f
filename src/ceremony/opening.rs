//! Opening the appliance: its home, its configuration, its register, its token.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    config::{self, Authority as Configuration},
    host,
    pki::{crl::SignedCrl, text::Printable, time::Time},
    register::{self, Register, Rehearsal},
    token::{
        self,
        module::Module,
        pin::Activation,
        session::{Session, Token},
        slot::TokenState,
        uri::TokenUri,
    },
};

use super::{block_lists::BlockLists, error::Error, forms::check_sections, recording::InHand};

/// Largest authority.toml, in octets: a hundred profiles fit ten times.
const CONFIGURATION_OCTETS_MAX: u64 = 1024 * 1024;

/// The folder with all that the appliance keeps.
#[derive(Clone, Debug)]
pub struct Home {
    folder: PathBuf,
}

/// Whether there is a home in a folder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HomeState {
    /// There is none.
    Missing,
    /// There is one.
    SetUp,
}

/// What `setup` is told.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    /// The PKCS#11 module's path.
    pub module: &'a Path,
    /// The token's label.
    pub token: &'a str,
    /// Its serial number, where the label does not tell it from other tokens.
    pub serial: Option<&'a str>,
    /// Whether the home is for rehearsals.
    pub rehearsal: Rehearsal,
}

/// Supplies the PIN, or says that the reader's pad is used, after having seen the token's state.
pub type Custodian<'a> = dyn FnMut(&TokenState) -> Result<Activation, Error> + 'a;

/// An opened appliance: configuration read, register open.
pub struct Appliance {
    pub(super) home: Home,
    /// The configuration's text, as it stands in authority.toml.
    pub(super) text: String,
    /// The configuration.
    pub(super) configuration: Configuration,
    /// The register.
    pub(super) register: Register,
    /// What the token signed and the register did not take yet.
    pub(super) in_hand: Vec<InHand>,
    /// Signatures of CRLs that the register did not take yet.
    pub(super) crls_in_hand: Vec<SignedCrl>,
}

impl Home {
    /// A home in this folder; nothing is touched yet.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its authority.toml.
    #[must_use]
    pub fn configuration_path(&self) -> PathBuf {
        self.folder.join("authority.toml")
    }

    /// Its register.
    #[must_use]
    pub fn register_path(&self) -> PathBuf {
        self.folder.join("register.db")
    }

    /// What of it others than its owner may write, as a warning and what to do: whoever can may put another register there.
    #[must_use]
    pub fn exposure(&self) -> Option<(String, String)> {
        let kept = [self.folder.clone(), self.register_path(), self.configuration_path()];
        let open = kept.iter().find(|path| host::file::is_writable_by_others(path))?;
        Some((
            format!("{} can be written by others than its owner", printable_path(open)),
            "take that right away (chmod go-w), and audit the register".to_owned(),
        ))
    }

    /// Whether it was set up.
    #[must_use]
    pub fn state(&self) -> HomeState {
        if self.is_set_up() { HomeState::SetUp } else { HomeState::Missing }
    }

    /// Whether an authority.toml stands in it.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.configuration_path().exists()
    }

    /// Reads authority.toml.
    ///
    /// # Errors
    /// [`Error::Usage`] where there is none, [`Error::Configuration`] where it is not sound.
    pub fn configuration(&self) -> Result<(String, Configuration), Error> {
        let path = self.configuration_path();
        let octets = host::file::read_limited(&path, CONFIGURATION_OCTETS_MAX).map_err(|error| {
            let shown = printable_path(&path);
            match error.kind() {
                ErrorKind::NotFound => Error::usage(
                    format!("{shown}: there is no home there"),
                    "make one here (Set up, or coldsign setup), or start with another folder: --home DIR",
                ),
                ErrorKind::FileTooLarge => {
                    Error::usage(format!("{shown}: {error}"), "take out what is not configuration")
                }
                _ => Error::usage(
                    format!("{shown}: {error}"),
                    "make it a file that can be read, or start with another home: --home DIR",
                ),
            }
        })?;
        let text = String::from_utf8(octets).map_err(|error| {
            Error::usage(
                format!(
                    "{}: not UTF-8 after octet {}",
                    printable_path(&path),
                    error.utf8_error().valid_up_to()
                ),
                "save the file as UTF-8",
            )
        })?;
        let configuration = Configuration::parse(&text)?;
        check_sections(&text)?;
        Ok((text, configuration))
    }
}

/// Makes a home: authority.toml and an empty register. Refuses where one stands.
///
/// # Errors
/// [`Error::Usage`], [`Error::Configuration`], [`Error::Register`].
pub fn setup(home: &Home, setup: &Setup<'_>) -> Result<(), Error> {
    let standing = [home.configuration_path(), home.register_path()].into_iter().find(|path| path.exists());
    if let Some(path) = standing {
        return Err(Error::usage(
            format!("{} stands already", printable_path(&path)),
            "use that home, or start with another folder: --home DIR",
        ));
    }
    let module = setup.module.to_str().filter(|_| setup.module.is_absolute()).ok_or_else(|| {
        Error::usage(
            format!("{}: the module's path is not absolute", printable_path(setup.module)),
            "give the path from the root, such as /usr/lib/softhsm/libsofthsm2.so",
        )
    })?;
    if !setup.module.is_file() {
        return Err(Error::Token(token::error::Error::ModuleMissing { path: printable_path(setup.module) }));
    }
    let by_label = TokenUri::token(setup.token);
    let uri = match setup.serial {
        Some(serial) => by_label.with_serial(serial),
        None => by_label,
    };
    let uri = uri.to_string();
    TokenUri::parse(&uri)?;
    let text = config::initial(
        module,
        &uri,
        match setup.rehearsal {
            Rehearsal::Live => config::Rehearsal::Real,
            Rehearsal::Rehearsal => config::Rehearsal::Rehearsal,
        },
    );
    Configuration::parse(&text)?;
    let in_home = |error: std::io::Error| {
        Error::usage(
            format!("{}: {error}", printable_path(home.folder())),
            "start with a folder that can be written: --home DIR",
        )
    };
    host::file::make_private_folder(home.folder()).map_err(in_home)?;
    let mut id = [0; 16];
    host::entropy::fill(&mut id).map_err(|error| Error::usage(error.to_string(), error.hint()))?;
    // The register first: a home is set up once its authority.toml stands.
    Register::create(&home.register_path(), id, setup.rehearsal, now()?)?;
    host::file::write_new(&home.configuration_path(), text.as_bytes()).map_err(in_home)
}

impl Appliance {
    /// Opens a home for work; no other process can write its register meanwhile.
    ///
    /// # Errors
    /// [`Error::Usage`], [`Error::Configuration`], [`Error::Register`].
    pub fn open(home: Home) -> Result<Self, Error> {
        Self::of(home, Register::open)
    }

    /// Opens a home to look at what was done.
    ///
    /// # Errors
    /// As [`Appliance::open`].
    pub fn open_to_read(home: Home) -> Result<Self, Error> {
        Self::of(home, Register::open_to_read)
    }

    fn of(home: Home, open: fn(&Path) -> Result<Register, register::Error>) -> Result<Self, Error> {
        let (text, configuration) = home.configuration()?;
        let register = open(&home.register_path())?;
        let configured = matches!(configuration.rehearsal(), config::Rehearsal::Rehearsal);
        let recorded = matches!(register.rehearsal(), Rehearsal::Rehearsal);
        if configured != recorded {
            return Err(Error::usage(
                "authority.toml and the register disagree on whether this is a rehearsal",
                "set rehearsal in authority.toml as the home was set up; a home never changes its kind",
            ));
        }
        Ok(Self { home, text, configuration, register, in_hand: Vec::new(), crls_in_hand: Vec::new() })
    }

    /// The home.
    pub(super) fn home(&self) -> &Home {
        &self.home
    }

    /// Whether this home is for rehearsals.
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        matches!(self.register.rehearsal(), Rehearsal::Rehearsal)
    }

    /// The block lists of the home.
    ///
    /// # Errors
    /// [`Error::Usage`] where one of them cannot be read.
    pub fn block_lists(&self) -> Result<Arc<BlockLists>, Error> {
        BlockLists::of_home(&self.home).map(Arc::new)
    }

    /// The configuration.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// Finds the home's token, without logging in.
    ///
    /// # Errors
    /// [`Error::Token`].
    pub(super) fn token(&self) -> Result<Token, Error> {
        let uri = TokenUri::parse(self.configuration.token_uri())?;
        let module = Module::load(Path::new(self.configuration.token_module()))?;
        Ok(module.find(&uri)?)
    }

    /// Finds the home's token and logs in. Nothing is signed with a register that lacks what the token has seen.
    ///
    /// # Errors
    /// [`Error::Token`], [`Error::Register`] where the register is behind, and what the custodian says.
    pub fn login(&self, custodian: &mut Custodian<'_>) -> Result<Session, Error> {
        let session = self.login_unmarked(custodian)?;
        self.check_mark(&session)?;
        Ok(session)
    }

    /// The same, whatever the token has seen of the register: nothing but that is to be looked at.
    pub(super) fn login_unmarked(&self, custodian: &mut Custodian<'_>) -> Result<Session, Error> {
        let (token, activation) = self.activated(custodian)?;
        Ok(token.login(activation)?)
    }

    /// Finds the home's token and logs in to make keys.
    pub(super) fn login_to_make_keys(&self, custodian: &mut Custodian<'_>) -> Result<Session, Error> {
        let (token, activation) = self.activated(custodian)?;
        let session = token.login_to_make_keys(activation)?;
        self.check_mark(&session)?;
        Ok(session)
    }

    /// The home's token and what the custodian gives for it, who is not asked for a PIN that cannot be used.
    fn activated(&self, custodian: &mut Custodian<'_>) -> Result<(Token, Activation), Error> {
        let token = self.token()?;
        token.check_pin_state()?;
        let activation = custodian(token.state())?;
        Ok((token, activation))
    }

    /// Checks that the clock does not stand before the register's newest entry: a CA's own certificate would begin too
    /// early, and end so.
    ///
    /// # Errors
    /// [`Error::Usage`], [`Error::Register`].
    pub(super) fn check_clock(&self, at: Time) -> Result<(), Error> {
        let newest = self.register.head()?.entry;
        let last = self.register.journal(Some(newest.saturating_sub(1)), 1)?.pop().map(|entry| entry.time);
        match last.filter(|last| *last > at) {
            None => Ok(()),
            Some(last) => Err(Error::usage(
                format!("the clock says {at}, and the register's newest entry is of {last}"),
                "set the machine's clock; nothing was signed",
            )),
        }
    }

    /// Writes a changed configuration, whole or not at all.
    pub(super) fn write_configuration(&mut self, text: String) -> Result<(), Error> {
        let configuration = Configuration::parse(&text)?;
        let path = self.home.configuration_path();
        host::file::replace(&path, text.as_bytes()).map_err(|error| {
            Error::usage(
                format!("{}: {error}", printable_path(&path)),
                "make the home writable and run the command again",
            )
        })?;
        self.text = text;
        self.configuration = configuration;
        Ok(())
    }
}

/// Now, by the host's clock.
///
/// # Errors
/// [`Error::Usage`] where the clock stands outside the years that certificates know.
pub(super) fn now() -> Result<Time, Error> {
    Time::from_unix(host::clock::unix_seconds()).ok_or_else(|| {
        Error::usage("the clock stands outside the years 1950 to 9999", "set the machine's clock")
    })
}

/// A path of this machine, harmless on a screen.
#[must_use]
pub fn printable_path(path: &Path) -> Printable {
    use std::os::unix::ffi::OsStrExt as _;
    Printable::from_octets(path.as_os_str().as_bytes())
}
