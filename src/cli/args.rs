//! The arguments: what scripts rely on. Names and meanings are fixed; additions are free.

mod authorities;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use authorities::{CaCommand, KeyKind};

use crate::ceremony::{Format, Platform};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "coldsign",
    version,
    about = "Offline signing appliance: a CA key in a PKCS#11 token, CSRs in, verified bundles out",
    long_about = "coldsign keeps a CA's private key in a PKCS#11 token on a machine without a network, signs the CSRs \
                  that come in on removable media and writes verified bundles back.\n\n\
                  Without a command it opens the terminal interface, where everything is done with keys.\n\n\
                  The main job, step by step:\n  \
                  coldsign inspect /media/stick              judge requests; needs no token\n  \
                  coldsign plan --ca NAME --profile device /media/stick\n  \
                  coldsign approve PLAN --words \"…\"          twelve words that plan printed\n  \
                  coldsign sign PLAN\n  \
                  coldsign deliver PLAN --to /media/stick\n\
                  or all four in one: coldsign issue --ca NAME --profile device --from /media/in --to /media/out",
    after_help = "Exit codes: 0 done, every request accepted · 1 done, some refused · 2 usage or configuration · \
                  3 token · 4 medium · 5 register · 6 not approved · 130 stopped by the operator.\n\
                  PINs come from a prompt, from --pin-file FILE (- is standard input, one line) or from the reader's \
                  own pad; never from an argument or the environment.",
    max_term_width = 110
)]
pub struct Arguments {
    /// All that the appliance keeps: authority.toml, register.db [default: $COLDSIGN_HOME, else
    /// $XDG_STATE_HOME/coldsign, else ~/.local/state/coldsign]
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Results as JSON Lines on standard output and nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do; without a command the terminal interface opens
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a home: a commented authority.toml and an empty register; refuses where one stands
    Setup(SetupArguments),
    /// The token: list slots, initialise one, check what it can do
    #[command(subcommand)]
    Token(TokenCommand),
    /// Certification authorities: create a root, request and install a subordinate, renew, re-key, list, show
    #[command(subcommand)]
    Ca(CaCommand),
    /// The profiles of authority.toml, or the built-in ones where there is no home
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Lists of keys that are never certified: published weak keys, and keys that are not wanted
    #[command(subcommand)]
    BlockList(BlockListCommand),
    /// Read and judge requests; needs no home, no token, no PIN, and changes nothing
    Inspect(InspectArguments),
    /// Turn requests into a stored plan: every certificate byte for byte, before anything is signed
    Plan(PlanArguments),
    /// Record an officer's approval of exactly one plan digest
    Approve(ApproveArguments),
    /// Put a stored plan away of which nothing is signed: it is never approved nor signed any more
    Withdraw(WithdrawArguments),
    /// Sign what is planned and approved; after a crash or a stop, go on where it was
    Sign(SignArguments),
    /// Write a signed plan's bundle onto a medium and read it back
    Deliver(DeliverArguments),
    /// plan, approve, sign and deliver in one
    Issue(IssueArguments),
    /// A verification certificate: proves possession of the CA key to a cloud platform
    Prove(ProveArguments),
    /// Revoke certificates, put them on hold, or release them; the next CRL says so
    Revoke(RevokeArguments),
    /// Make, sign and deliver a CRL; list, show and import CRLs
    Crl(CrlArguments),
    /// What was issued, and the check of the whole history
    #[command(subcommand)]
    Register(RegisterCommand),
    /// Judge a delivered bundle with no home, no token and none of the issuing code
    Verify(VerifyArguments),
}

/// Where the user PIN comes from.
#[derive(Args, Debug)]
pub struct PinArguments {
    /// Read the user PIN from the first line of FILE (- is standard input) instead of asking
    #[arg(long, value_name = "FILE")]
    pub pin_file: Option<PathBuf>,
}

/// `setup`
#[derive(Args, Debug)]
pub struct SetupArguments {
    /// The PKCS#11 module, an absolute path
    #[arg(long, value_name = "PATH")]
    pub module: PathBuf,
    /// The token's label
    #[arg(long, value_name = "LABEL")]
    pub token: String,
    /// Mark the home: screens, manifests and reports say REHEARSAL
    #[arg(long)]
    pub rehearsal: bool,
}

/// `token …`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// List the module's slots and tokens with their PIN states
    List {
        /// The PKCS#11 module, where there is no home to name it
        #[arg(long, value_name = "PATH")]
        module: Option<PathBuf>,
    },
    /// Initialise a token in an empty slot: label, SO PIN, user PIN
    Init {
        /// The PKCS#11 module, where there is no home to name it
        #[arg(long, value_name = "PATH")]
        module: Option<PathBuf>,
        /// The slot's number, as `token list` shows it
        #[arg(long, value_name = "N")]
        slot: u64,
        /// The token's label, 1 to 32 octets
        #[arg(long, value_name = "L")]
        label: String,
        /// Read the security officer's PIN from the first line of FILE instead of asking
        #[arg(long, value_name = "FILE")]
        so_pin_file: Option<PathBuf>,
        /// The user PIN
        #[command(flatten)]
        pin: PinArguments,
    },
    /// What the home's token can do, its state, its rate with the audit key
    Check {
        /// The user PIN
        #[command(flatten)]
        pin: PinArguments,
    },
}

/// `profile …`
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles
    List,
    /// Show one profile
    Show {
        /// Its name
        name: String,
    },
}

/// `block-list …`
#[derive(Debug, Subcommand)]
pub enum BlockListCommand {
    /// Add a list to the home: a file of badkeys or openssl-blacklist, or lines of SHA-256 of `SubjectPublicKeyInfo`
    Add {
        /// The list's file
        file: PathBuf,
        /// Its name here: a-z, 0-9 and -, at most 64 [default: made of the file's]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// badkeys, openssl-blacklist or spki-sha256 [default: found out, but for openssl-blacklist]
        #[arg(long, value_name = "FORMAT")]
        format: Option<String>,
    },
    /// List the lists of the home
    List,
}

/// `inspect`
#[derive(Args, Debug)]
pub struct InspectArguments {
    /// Files and folders with requests
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Judge as this CA of the home would
    #[arg(long, value_name = "NAME", requires = "profile")]
    pub ca: Option<String>,
    /// Judge under this profile (of the home where there is one, else built-in)
    #[arg(long, value_name = "P")]
    pub profile: Option<String>,
    /// Look keys up in this list, too, beside those of the home where there is one
    #[arg(long = "block-list", value_name = "FILE")]
    pub block_lists: Vec<PathBuf>,
    /// The table of devices that the profile takes [default: the profile's `file` beside the requests]
    #[arg(long, value_name = "FILE", requires = "profile")]
    pub csv: Option<PathBuf>,
}

/// `plan`
#[derive(Args, Debug)]
pub struct PlanArguments {
    /// The CA that will sign
    #[arg(long, value_name = "NAME")]
    pub ca: String,
    /// The profile
    #[arg(long, value_name = "P")]
    pub profile: String,
    /// The table of devices that the profile takes [default: the profile's `file` beside the requests]
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Files and folders with requests
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// `approve`
#[derive(Args, Debug)]
pub struct ApproveArguments {
    /// The plan's id
    pub plan: String,
    /// The twelve words of the plan digest, as `plan` printed them
    #[arg(long, value_name = "WORDS")]
    pub words: String,
}

/// `withdraw`
#[derive(Args, Debug)]
pub struct WithdrawArguments {
    /// The plan's id
    pub plan: String,
    /// Why it is not wanted; the register keeps it
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `sign`
#[derive(Args, Debug)]
pub struct SignArguments {
    /// The plan's id
    pub plan: String,
    /// The user PIN
    #[command(flatten)]
    pub pin: PinArguments,
}

/// `deliver`
#[derive(Args, Debug)]
pub struct DeliverArguments {
    /// The plan's id
    pub plan: String,
    /// The folder (a mounted medium) that receives the bundle as one new folder
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    // Its help is made of the forms that there are.
    #[arg(long = "for", value_name = "FORMAT", value_delimiter = ',', help = forms())]
    pub formats: Vec<String>,
    /// The folder with the devices' private keys, NAME.key or NAME.key.pem; only where a form is set to hold them
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// The user PIN
    #[command(flatten)]
    pub pin: PinArguments,
}

/// What `--for` takes, in words.
fn forms() -> String {
    let each: Vec<String> =
        Format::ALL.iter().map(|format| format!("{} ({})", format.name(), format.about())).collect();
    format!("Forms of the certificates, commas between: {}", each.join(", "))
}

/// `issue`
#[derive(Args, Debug)]
pub struct IssueArguments {
    /// The CA that signs
    #[arg(long, value_name = "NAME")]
    pub ca: String,
    /// The profile
    #[arg(long, value_name = "P")]
    pub profile: String,
    /// File or folder with requests
    #[arg(long, value_name = "PATH", required = true)]
    pub from: Vec<PathBuf>,
    /// The table of devices that the profile takes [default: the profile's `file` beside the requests]
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// The folder (a mounted medium) that receives the bundle as one new folder
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    // Its help is made of the forms that there are.
    #[arg(long = "for", value_name = "FORMAT", value_delimiter = ',', help = forms())]
    pub formats: Vec<String>,
    /// The folder with the devices' private keys, NAME.key or NAME.key.pem; only where a form is set to hold them
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// Issue without the typed approval; only where the profile says unattended = true
    #[arg(long)]
    pub yes: bool,
    /// The user PIN
    #[command(flatten)]
    pub pin: PinArguments,
}

/// What `prove --for` takes, in words.
fn platforms() -> String {
    let each: Vec<String> =
        Platform::ALL.iter().map(|platform| format!("{} ({})", platform.name(), platform.title())).collect();
    format!("The platform: {}", each.join(", "))
}

/// `prove`
#[derive(Args, Debug)]
pub struct ProveArguments {
    /// The CA whose key is proved
    #[arg(long, value_name = "NAME")]
    pub ca: String,
    // Its help is made of the platforms that there are.
    #[arg(long = "for", value_name = "PLATFORM", help = platforms())]
    pub platform: String,
    /// The platform's code, exactly as it shows it; nothing is trimmed, padded or changed
    #[arg(long, value_name = "CODE", conflicts_with = "csr", required_unless_present = "csr")]
    pub code: Option<String>,
    /// A verification CSR whose subject CN is the code
    #[arg(long, value_name = "FILE")]
    pub csr: Option<PathBuf>,
    /// The folder (a mounted medium) that receives the bundle as one new folder
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// The user PIN
    #[command(flatten)]
    pub pin: PinArguments,
}

/// `revoke`
#[derive(Args, Debug)]
pub struct RevokeArguments {
    /// The CA that issued them
    #[arg(long, value_name = "NAME")]
    pub ca: String,
    /// Serial numbers, hexadecimal, with or without colons
    #[arg(value_name = "SERIAL", required_unless_present = "from")]
    pub serials: Vec<String>,
    /// Serial numbers out of a file, one a line
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Why: unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation,
    /// certificateHold (suspends), privilegeWithdrawn
    #[arg(long, value_name = "R", required_unless_present = "release", conflicts_with = "release")]
    pub reason: Option<String>,
    /// Since when the key is, or may be, in other hands: 2026-01-31T23:59:59Z
    #[arg(long, value_name = "TIME", conflicts_with = "release")]
    pub invalidity_date: Option<String>,
    /// Release certificates from hold
    #[arg(long)]
    pub release: bool,
}

/// `crl`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct CrlArguments {
    /// Instead of making one
    #[command(subcommand)]
    pub command: Option<CrlCommand>,
    /// The CA that signs
    #[arg(long, value_name = "NAME", required = true)]
    pub ca: Option<String>,
    /// The folder (a mounted medium) that receives the CRL as one new folder
    #[arg(long, value_name = "DIR", required = true)]
    pub to: Option<PathBuf>,
    /// Days until the next CRL is there at the latest [default: crl-days of authority.toml, else 30]
    #[arg(long, value_name = "N")]
    pub days: Option<u32>,
    /// Sign nothing: deliver the latest full CRL, or that of --partition, once more
    #[arg(long, conflicts_with = "days")]
    pub latest: bool,
    /// The newest CRL that was published, where an older register was put back that does not have it: it is taken in
    /// first; once more for each partition
    #[arg(long, value_name = "FILE", conflicts_with = "latest")]
    pub previous: Vec<PathBuf>,
    /// The CA's name: where an older register was accepted, no CRL was published that it lacks. That is recorded
    #[arg(long, value_name = "NAME", conflicts_with = "latest")]
    pub no_previous: Option<String>,
    /// A broker that gets it together with the CRLs of the CAs above (repeat, or separate by commas): emqx, mosquitto
    #[arg(long = "for", value_name = "FORMAT", value_delimiter = ',')]
    pub formats: Vec<String>,
    /// Only the CRL of this partition; without it the full one is made, and that of every partition
    #[arg(long, value_name = "N")]
    pub partition: Option<u32>,
    /// The user PIN
    #[command(flatten)]
    pub pin: PinArguments,
}

/// `crl …`
#[derive(Debug, Subcommand)]
pub enum CrlCommand {
    /// List the CRLs of a CA
    List {
        /// The CA
        #[arg(long, value_name = "NAME")]
        ca: String,
    },
    /// Show a CRL in a file; needs no home
    Show {
        /// The CRL, DER or PEM
        file: PathBuf,
    },
    /// Take a CRL made elsewhere and the list of issued certificates of a CA that moves in; --list alone adds to its list
    Import {
        /// The CA's name here
        #[arg(long, value_name = "NAME")]
        ca: String,
        /// Its latest full CRL, DER or PEM
        #[arg(requires = "list")]
        crl: Option<PathBuf>,
        /// What it issued: index.txt of openssl ca
        #[arg(long, value_name = "FILE", required_unless_present = "none")]
        list: Option<PathBuf>,
        /// The CA's name once more: it never made a CRL. That is recorded
        #[arg(long, value_name = "NAME", conflicts_with = "crl")]
        none: Option<String>,
    },
}

/// `register …`
#[derive(Debug, Subcommand)]
pub enum RegisterCommand {
    /// List plans, or with --plan the certificates issued under one
    List {
        /// The certificates of this plan
        #[arg(long, value_name = "PLAN")]
        plan: Option<String>,
    },
    /// Show a plan by id, or a certificate by serial number (hexadecimal)
    Show {
        /// A plan's id or a serial number
        what: String,
    },
    /// Show the newest entry with its words, as the closing does, to be noted: it proves later that nothing was changed
    Head {
        /// Write it into a new folder below this one (a mounted medium) too, as text and as a QR code (PNG)
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Re-derive the whole history from its octets: chain, signatures, serials, plan digests, counts
    Audit {
        /// An entry noted earlier: its number, its twelve words, or the number and then the words. Says whether the
        /// history holds it
        #[arg(long, value_name = "ENTRY")]
        noted: Option<String>,
    },
    /// Let a register go on that lacks entries its token has seen, by words; without them it shows what they stand for
    AcceptOlder {
        /// The twelve words
        #[arg(long, value_name = "WORDS")]
        words: Option<String>,
        #[command(flatten)]
        pin: PinArguments,
    },
    /// Write every issued certificate with its record as JSON Lines on standard output
    Export,
}

/// `verify`
#[derive(Args, Debug)]
pub struct VerifyArguments {
    /// The bundle's folder
    pub folder: PathBuf,
    /// The root certificate that is trusted, from a source of its own
    #[arg(long, value_name = "ROOT.pem")]
    pub trust: PathBuf,
    /// SHA-256 of the audit key that the manifest must be signed with, from a source of its own
    #[arg(long, value_name = "SHA256")]
    pub audit_key: Option<String>,
}
