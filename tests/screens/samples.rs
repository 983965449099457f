//! Every screen in the states that matter: with nothing in it, on a usual day, with hostile text, after a failure.
//!
//! A new screen is one function here and its line in [`all`]. Screens are built from outside, by what the interface
//! itself is fed: a [`Screen`] and messages.

use coldsign::{
    ceremony::{
        CertificateState, Delivered, Estimate, FolderListing, Format, Motion, Phase, Progress, Reach,
        Remaining, UnfinishedWork, Withdrawn,
    },
    pki::key::{Curve, KeyAlgorithm},
    tui::{
        key::Key,
        message::{Effect, Message},
        model::{Busy, Dialog, Login, Model, Pace},
        screen::{
            Screen, approval::Approval, choice::Choice, closing::ClosingScreen, delivery::Delivery,
            head_export::HeadExport, plan::Plan, requests::Requests, rooms::Rooms, signing::Signing,
            start::Start, withdrawal::Withdrawal,
        },
        update::update,
        work::{FolderCount, FormsWithKeys, Job, News, ProfileChoice, WrittenHead, proving::CaChoice},
    },
};

use super::{material, outside::Outside};

#[path = "samples/adoption.rs"]
mod adoption;
#[path = "samples/authorities.rs"]
mod authorities;
#[path = "samples/block_lists.rs"]
mod block_lists;
#[path = "samples/ca_life.rs"]
mod ca_life;
#[path = "samples/proving.rs"]
mod proving;
#[path = "samples/reading.rs"]
mod reading;
#[path = "samples/register.rs"]
mod register;
#[path = "samples/revocation.rs"]
mod revocation;
#[path = "samples/tokens.rs"]
mod tokens;

/// How a state comes to be.
pub type Build = fn(&Outside) -> Model;

/// A screen in one state.
pub struct Sample {
    /// The screen, as [`Screen`] calls it.
    pub screen: &'static str,
    /// The state. Each screen has one that begins with each word of [`STATES`].
    pub state: &'static str,
    /// How it comes to be, with these texts in it.
    pub build: Build,
}

/// States that every screen has; "hostile" is "typical" with hostile text.
pub const STATES: [&str; 3] = ["empty", "typical", "failure"];

/// All samples.
pub fn all() -> Vec<Sample> {
    let screens: Vec<(&str, Vec<(&str, Build)>)> = vec![
        ("Start", start()),
        ("Rooms", rooms()),
        ("Requests", requests()),
        ("Choice", choice()),
        ("Plan", plan()),
        ("Approval", approval()),
        ("Withdrawal", withdrawal()),
        ("Signing", signing()),
        ("Delivery", delivery()),
        ("Closing", closing()),
        ("HeadExport", head_export()),
        ("Document", reading::document()),
        ("Triage", reading::triage()),
        ("Difference", reading::difference()),
        ("Register", register::register()),
        ("Search", register::search()),
        ("Audit", register::audit()),
        ("Proving", proving::proving()),
        ("Revocations", revocation::revocations()),
        ("Crls", revocation::crls()),
        ("Revoked", revocation::revoked()),
        ("Revoke", revocation::revoke()),
        ("NextCrl", revocation::next_crl()),
        ("PublishedCrl", revocation::published_crl()),
        ("Setup", tokens::setup()),
        ("Tokens", tokens::tokens()),
        ("NewToken", tokens::new_token()),
        ("Authorities", authorities::authorities()),
        ("Authority", authorities::authority()),
        ("NewCa", authorities::new_ca()),
        ("CaTarget", authorities::ca_target()),
        ("CaConfirmation", authorities::ca_confirmation()),
        ("CaExport", authorities::ca_export()),
        ("CaRenewal", authorities::ca_renewal()),
        ("Install", authorities::install()),
        ("Adoption", adoption::adoption()),
        ("CaLink", ca_life::ca_link()),
        ("CaUse", ca_life::ca_use()),
        ("CaCross", ca_life::ca_cross()),
        ("BlockLists", block_lists::block_lists()),
        ("CrlImport", adoption::crl_import()),
    ];
    let samples = screens.into_iter().flat_map(|(screen, states)| {
        states.into_iter().map(move |(state, build)| Sample { screen, state, build })
    });
    samples.collect()
}

fn start() -> Vec<(&'static str, Build)> {
    fn looked(outside: &Outside, home: coldsign::ceremony::HomeState) -> Model {
        let mut model = Model::new(Screen::Start(Start::new()));
        time(&mut model);
        tell(&mut model, News::SelfChecked { checks: material::checks(outside), home });
        model
    }
    vec![
        ("empty", |_| Model::new(Screen::Start(Start::new()))),
        ("typical", |outside| looked(outside, coldsign::ceremony::HomeState::SetUp)),
        ("typical, no home", |outside| looked(outside, coldsign::ceremony::HomeState::Missing)),
        ("typical, the network is up", |outside| {
            let mut model = looked(outside, coldsign::ceremony::HomeState::SetUp);
            update(&mut model, Message::Interfaces(vec![super::outside::printable(&outside.volume)]));
            update(&mut model, Message::Key(Key::Char('y')));
            model
        }),
        ("typical, the home is opened", |outside| {
            let mut model = looked(outside, coldsign::ceremony::HomeState::SetUp);
            update(&mut model, Message::Key(Key::Char('y')));
            model
        }),
        ("failure", |outside| {
            let mut model = looked(outside, coldsign::ceremony::HomeState::SetUp);
            fail(&mut model, Job::OpenHome, material::medium_failure(outside));
            model
        }),
    ]
}

fn rooms() -> Vec<(&'static str, Build)> {
    vec![
        ("empty", |_| Model::new(Screen::Rooms(Rooms::new()))),
        ("typical", at_home),
        ("typical, plans are not finished", |outside| {
            let mut model = at_home(outside);
            let work = UnfinishedWork { approval: 2, signing: 1, delivery: 12 };
            tell(&mut model, News::Unfinished(work));
            model
        }),
        ("typical, asked whether to leave", |outside| {
            let mut model = at_home(outside);
            model.dialog = Some(Dialog::Leave);
            model
        }),
        ("typical, help", |outside| {
            let mut model = at_home(outside);
            model.dialog = Some(Dialog::Help(0));
            model
        }),
        ("failure", |outside| {
            let mut model = at_home(outside);
            fail(&mut model, Job::Close, material::medium_failure(outside));
            model
        }),
    ]
}

fn requests() -> Vec<(&'static str, Build)> {
    fn browsing(outside: &Outside) -> Model {
        on_top(outside, Screen::Requests(Requests::new()))
    }
    fn in_folder(outside: &Outside) -> Model {
        let mut model = browsing(outside);
        tell(&mut model, News::Folder(material::folder(outside)));
        model
    }
    fn counted(mut model: Model, reach: Reach) -> Model {
        let contents = FolderCount::Known(material::folder_contents(reach));
        answer_counts(&mut model, contents);
        model
    }
    fn unfolded(outside: &Outside) -> Model {
        let mut model = in_folder(outside);
        let effects = update(&mut model, Message::Key(Key::Right));
        settle(&mut model);
        for effect in effects {
            if let Effect::Work(Job::Unfold { generation, .. }) = effect {
                let listing = material::subfolder(outside);
                tell(&mut model, News::Unfolded { listing, generation });
            }
        }
        model
    }
    vec![
        ("empty", |outside| without_media(browsing(outside))),
        ("typical", in_folder),
        ("typical, media", browsing),
        ("typical, a path is typed", |outside| typed(browsing(outside), "/", "media/stick")),
        ("empty, a folder", |outside| {
            let mut model = browsing(outside);
            let listing = FolderListing { entries: Vec::new(), ..material::folder(outside) };
            tell(&mut model, News::Folder(listing));
            model
        }),
        ("typical, counting", |outside| {
            let mut model = in_folder(outside);
            later(&mut model, 1_000);
            later(&mut model, 3_000);
            model
        }),
        ("typical, counted", |outside| counted(in_folder(outside), Reach::Whole)),
        ("typical, counted in part", |outside| counted(in_folder(outside), Reach::AtLeast)),
        ("typical, unfolded", |outside| counted(unfolded(outside), Reach::Whole)),
        ("failure, what stands below is not counted", |outside| {
            let mut model = unfolded(outside);
            answer_counts(&mut model, FolderCount::Unknown);
            model
        }),
        ("failure, the medium was taken away", |outside| {
            let mut model = in_folder(outside);
            later(&mut model, 1_000);
            without_media(model)
        }),
        ("failure", |outside| {
            let mut model = in_folder(outside);
            fail(&mut model, Job::ListFolder("/media/stick".into()), material::medium_failure(outside));
            model
        }),
    ]
}

fn choice() -> Vec<(&'static str, Build)> {
    fn choosing(outside: &Outside) -> Model {
        let profile = |name: &str, summary: &str| {
            ProfileChoice {
            name: super::outside::printable(name).to_string(),
            summary: summary.to_owned(),
            terms:
                "certificates last 1825 days, refused where the CA ends before; keys: P-256, P-384, P-521, Ed25519, \
                    ML-DSA-44, ML-DSA-65, ML-DSA-87, RSA-2048 and larger"
                    .to_owned(),
        }
        };
        let profiles =
            vec![profile(&outside.profile, "end entity"), profile("subordinate-ca", "subordinate CA")];
        let ca = |name: &str| CaChoice {
            name: super::outside::printable(name).to_string(),
            subject: super::outside::printable(&outside.subject),
            key: KeyAlgorithm::Ec(Curve::P384),
            not_after: material::now().plus_seconds(86_400 * 3_650),
        };
        let authorities = vec![ca(&outside.authority), ca("second")];
        on_top(outside, Screen::Choice(Choice::new(outside.path(), authorities, profiles)))
    }
    vec![
        ("empty", |outside| {
            on_top(outside, Screen::Choice(Choice::new(outside.path(), Vec::new(), Vec::new())))
        }),
        ("typical", choosing),
        ("failure", |outside| {
            let mut model = choosing(outside);
            let job = Job::Plan {
                ca: String::new(),
                profile: String::new(),
                paths: Vec::new(),
                seen: coldsign::ceremony::Seen::default(),
            };
            fail(&mut model, job, material::medium_failure(outside));
            model
        }),
    ]
}

fn plan() -> Vec<(&'static str, Build)> {
    fn planned(outside: &Outside) -> Model {
        let mut model = on_top(outside, Screen::Plan(Plan::new(material::plan(outside), material::counts())));
        tell(&mut model, News::PlanShown(Box::new(material::plan_shown(outside))));
        model
    }
    vec![
        ("empty", |outside| {
            on_top(outside, Screen::Plan(Plan::new(material::plan(outside), material::counts())))
        }),
        ("typical", planned),
        ("typical, withdrawn", |outside| {
            let mut model = on_top(outside, Screen::Plan(Plan::stored(material::plan(outside))));
            let mut shown = material::plan_shown(outside);
            let reason = super::outside::printable(&outside.subject);
            shown.summary.remaining = None;
            shown.summary.withdrawn = Some(Withdrawn { time: material::now(), reason });
            tell(&mut model, News::PlanShown(Box::new(shown)));
            model
        }),
        ("typical, of CAs", |outside| {
            let mut model = on_top(outside, Screen::Plan(Plan::stored(material::plan(outside))));
            let mut shown = material::plan_shown(outside);
            shown.summary.authorities = Some(material::authorities(outside));
            tell(&mut model, News::PlanShown(Box::new(shown)));
            model
        }),
        ("typical, with a rule waived", |outside| {
            let mut model = on_top(outside, Screen::Plan(Plan::stored(material::plan(outside))));
            let mut shown = material::plan_shown(outside);
            shown.summary.waived = vec![material::waived(outside, 3), material::waived(outside, 0)];
            tell(&mut model, News::PlanShown(Box::new(shown)));
            model
        }),
        ("typical, of a key from outside", |outside| {
            let mut model = on_top(outside, Screen::Plan(Plan::stored(material::plan(outside))));
            let mut shown = material::plan_shown(outside);
            shown.summary.from_outside = Some(super::outside::printable(&outside.subject));
            tell(&mut model, News::PlanShown(Box::new(shown)));
            model
        }),
        ("typical, keys looked up nowhere", |outside| {
            let mut plan = material::plan(outside);
            plan.block_lists = Some(Vec::new());
            let mut model = on_top(outside, Screen::Plan(Plan::stored(plan.clone())));
            let mut shown = material::plan_shown(outside);
            shown.summary.plan = plan;
            shown.summary.notes.push(("subject-in-register".to_owned(), 998));
            let basis = "a guess from the audit key's 289 a second".to_owned();
            shown.estimate = Some(Estimate { certificates: 998, per_second: 289.0, seconds: 3_900, basis });
            tell(&mut model, News::PlanShown(Box::new(shown)));
            model
        }),
        ("typical, signed", |outside| {
            let mut model = on_top(outside, Screen::Plan(Plan::stored(material::plan(outside))));
            let mut shown = material::plan_shown(outside);
            (shown.summary.approved, shown.summary.issued) = (true, 998);
            shown.summary.remaining = Some(Remaining::Delivery);
            shown.rows.iter_mut().for_each(|row| row.state = Some(CertificateState::Valid));
            tell(&mut model, News::PlanShown(Box::new(shown)));
            model
        }),
        ("failure", |outside| {
            let mut model = planned(outside);
            fail(&mut model, Job::ShowPlan(material::plan(outside)), material::medium_failure(outside));
            model
        }),
    ]
}

fn approval() -> Vec<(&'static str, Build)> {
    fn approving(outside: &Outside) -> Model {
        on_top(outside, Screen::Approval(Approval::new(material::plan(outside))))
    }
    vec![
        ("empty", approving),
        ("typical", |outside| typed(approving(outside), "", "anchor velvet har")),
        ("typical, of CAs", |outside| {
            let approval =
                Approval::new(material::plan(outside)).making(Some(material::authorities(outside)));
            typed(on_top(outside, Screen::Approval(approval)), "", "anchor velvet har")
        }),
        ("typical, of CAs of which much is said", |outside| {
            let serious =
                (1..=4).map(|number| format!("{number} subjects have a certificate already")).collect();
            let approval = Approval::new(material::plan(outside))
                .making(Some(material::authorities_of_many_limits(outside)))
                .beware(serious);
            typed(on_top(outside, Screen::Approval(approval)), "", "anchor velvet har")
        }),
        ("failure", |outside| {
            let mut model = typed(approving(outside), "", "anchor velvet har");
            let job = Job::Approve { plan: material::plan(outside), words: String::new() };
            fail(&mut model, job, material::medium_failure(outside));
            model
        }),
    ]
}

fn withdrawal() -> Vec<(&'static str, Build)> {
    fn asked(outside: &Outside) -> Model {
        on_top(outside, Screen::Withdrawal(Withdrawal::new(material::plan(outside))))
    }
    fn typed_reason(outside: &Outside) -> Model {
        let mut model = typed(asked(outside), "", "the applicant sends other requests");
        press(&mut model, &[Key::Enter]);
        model
    }
    vec![
        ("empty", asked),
        ("empty, no reason", |outside| {
            let mut model = asked(outside);
            press(&mut model, &[Key::Enter]);
            model
        }),
        ("typical", typed_reason),
        ("failure", |outside| {
            let mut model = typed_reason(outside);
            let job = Job::Withdraw { plan: material::plan(outside), reason: String::new() };
            fail(&mut model, job, material::medium_failure(outside));
            model
        }),
    ]
}

fn signing() -> Vec<(&'static str, Build)> {
    fn approved(outside: &Outside) -> Model {
        on_top(outside, Screen::Signing(Signing::new(material::plan(outside))))
    }
    fn at_work(outside: &Outside) -> Model {
        let mut model = approved(outside);
        update(&mut model, Message::Login(Login::In));
        update(&mut model, Message::Key(Key::Char('s')));
        for (millis, done) in [(0, 0), (1_000, 180), (2_000, 396)] {
            update(&mut model, Message::Progress(material::signing(done)));
            later(&mut model, millis);
        }
        model
    }
    vec![
        ("empty", approved),
        ("typical", at_work),
        ("typical, paused", |outside| {
            let mut model = at_work(outside);
            update(&mut model, Message::Key(Key::Char('p')));
            model
        }),
        ("typical, halted", |outside| {
            let mut model = at_work(outside);
            update(&mut model, Message::Key(Key::Char('p')));
            let halted = Progress { motion: Motion::Halted, recorded: Some(400), ..material::signing(400) };
            update(&mut model, Message::Progress(halted));
            model
        }),
        ("typical, stopping", |outside| {
            let mut model = at_work(outside);
            update(&mut model, Message::Key(Key::Char('s')));
            model
        }),
        ("typical, taken up again", |outside| {
            on_top(outside, Screen::Signing(Signing::resumed(material::plan(outside), 400)))
        }),
        ("failure, stopped", |outside| {
            let mut model = at_work(outside);
            update(&mut model, Message::Failed(material::stopped()));
            model
        }),
        ("typical, the PIN is wanted", |outside| {
            let mut model = approved(outside);
            update(&mut model, Message::Key(Key::Char('s')));
            update(&mut model, Message::PinWanted(material::pin_ask(outside)));
            model
        }),
        ("typical, signed", |outside| {
            let mut model = at_work(outside);
            tell(&mut model, News::Signed(material::issued()));
            model
        }),
        ("failure", |outside| {
            let mut model = at_work(outside);
            update(&mut model, Message::Failed(material::token_failure()));
            model
        }),
    ]
}

fn browsing_target(outside: &Outside) -> Model {
    on_top(outside, Screen::Delivery(Delivery::new(material::plan(outside))))
}

fn in_target(outside: &Outside) -> Model {
    let mut model = browsing_target(outside);
    tell(&mut model, News::Folder(material::folder(outside)));
    model
}

fn measured(mut model: Model, free: u64) -> Model {
    later(&mut model, 1_000);
    tell(&mut model, News::Measured(material::space(free)));
    model
}

fn delivered(outside: &Outside) -> Model {
    let mut model = in_target(outside);
    update(&mut model, Message::Key(Key::Char('w')));
    tell(&mut model, News::Delivered(material::delivered()));
    model
}

fn judged(outside: &Outside, flaws: &[&str]) -> Model {
    let mut model = delivered(outside);
    tell(&mut model, News::Judged(material::report(flaws)));
    model
}

/// A form that has devices' private keys is chosen.
fn form_with_keys(outside: &Outside) -> Model {
    let mut model = measured(in_target(outside), 15_200_000_000);
    press(&mut model, &[Key::Tab]);
    let with_keys = FormsWithKeys(vec!["esp-secure-cert"]);
    tell(&mut model, News::FormObstacles(Vec::new(), with_keys));
    press(&mut model, &[Key::Down; 10]);
    press(&mut model, &[Key::Char(' '), Key::Tab]);
    model
}

fn delivery() -> Vec<(&'static str, Build)> {
    let mut samples = delivery_of_pem();
    samples.extend(delivery_in_forms());
    samples
}

fn delivery_in_forms() -> Vec<(&'static str, Build)> {
    vec![
        ("typical, forms", |outside| {
            let mut model = measured(in_target(outside), 15_200_000_000);
            press(&mut model, &[Key::Tab, Key::Char(' ')]);
            model
        }),
        ("typical, forms that are in want of settings", |outside| {
            let mut model = measured(in_target(outside), 15_200_000_000);
            press(&mut model, &[Key::Tab]);
            tell(
                &mut model,
                News::FormObstacles(material::form_obstacles(outside), FormsWithKeys::default()),
            );
            press(&mut model, &[Key::Down; 7]);
            model
        }),
        ("typical, a CRL's forms", revocation::delivery_forms),
        ("typical, a CRL's forms that cannot be had", revocation::delivery_form_refused),
        ("typical, private keys in a form", |outside| form_with_keys(outside)),
        ("hostile, the folder of the private keys", |outside| {
            let mut model = form_with_keys(outside);
            press(&mut model, &[Key::Char('p')]);
            model
        }),
    ]
}

fn delivery_of_pem() -> Vec<(&'static str, Build)> {
    vec![
        ("empty", |outside| without_media(browsing_target(outside))),
        ("typical", in_target),
        ("typical, media", browsing_target),
        ("typical, a CRL", revocation::delivery),
        ("typical, a CRL delivered", |outside| {
            let mut model = revocation::delivery(outside);
            update(&mut model, Message::Key(Key::Char('w')));
            tell(&mut model, News::Delivered(material::delivered()));
            model
        }),
        ("typical, measured", |outside| measured(in_target(outside), 15_200_000_000)),
        ("typical, too little space perhaps", |outside| measured(in_target(outside), 20_000_000)),
        ("typical, too little space", |outside| measured(in_target(outside), 640_000)),
        ("typical, read only", |outside| {
            let mut model = browsing_target(outside);
            let path = std::path::PathBuf::from("/media/other");
            let shown = super::outside::printable("/media/other");
            tell(&mut model, News::Folder(FolderListing { path, shown, ..material::folder(outside) }));
            later(&mut model, 1_000);
            settle(&mut model);
            model
        }),
        ("typical, read back", |outside| {
            let mut model = in_target(outside);
            update(&mut model, Message::Key(Key::Char('w')));
            for phase in [Phase::Delivering, Phase::ReadingBack] {
                update(&mut model, Message::Progress(Progress::new(phase, 400, Some(2_004))));
            }
            model
        }),
        ("typical, judged", |outside| judged(outside, &[])),
        ("failure, judged", |outside| {
            let flaw = format!("certs/{} is not the certificate of its place", outside.file);
            judged(outside, &[&flaw, "devices.csv has another subject"])
        }),
        ("typical, written", |outside| {
            let mut model = in_target(outside);
            update(&mut model, Message::Key(Key::Char('w')));
            let progress = Progress::new(Phase::Delivering, 400, Some(998));
            update(&mut model, Message::Progress(progress));
            model
        }),
        ("typical, delivered", delivered),
        ("typical, delivered in a form", |outside| {
            let mut model = in_target(outside);
            update(&mut model, Message::Key(Key::Char('w')));
            let formats = vec![Format::Aws];
            tell(&mut model, News::Delivered(Delivered { formats, ..material::delivered() }));
            model
        }),
        ("typical, revoked since", |outside| {
            let mut model = measured(in_target(outside), 15_200_000_000);
            tell(&mut model, News::RevokedSince(revocation::since(outside)));
            model
        }),
        ("hostile, revoked since and delivered", |outside| {
            let mut model = in_target(outside);
            update(&mut model, Message::Key(Key::Char('w')));
            let revoked = revocation::since(outside);
            tell(&mut model, News::Delivered(Delivered { revoked, ..material::delivered() }));
            model
        }),
        ("failure, stopped", |outside| {
            let mut model = in_target(outside);
            update(&mut model, Message::Key(Key::Char('w')));
            update(&mut model, Message::Failed(material::stopped()));
            model
        }),
        ("failure", |outside| {
            let mut model = in_target(outside);
            update(&mut model, Message::Key(Key::Char('w')));
            update(&mut model, Message::Failed(material::medium_failure(outside)));
            model
        }),
        ("failure, a form that cannot be had", |outside| {
            let mut model = in_target(outside);
            update(&mut model, Message::Key(Key::Char('w')));
            update(&mut model, Message::Failed(material::form_failure(outside)));
            model
        }),
    ]
}

fn closing() -> Vec<(&'static str, Build)> {
    fn closed(outside: &Outside) -> Model {
        on_top(outside, Screen::Closing(ClosingScreen::new(material::closing(outside), material::done())))
    }
    vec![
        ("empty", |outside| {
            let screen = ClosingScreen::new(material::empty_closing(), material::nothing_done());
            on_top(outside, Screen::Closing(screen))
        }),
        ("typical", closed),
        ("typical, the code alone", |outside| {
            let mut model = closed(outside);
            press(&mut model, &[Key::Char('c')]);
            model
        }),
        ("failure", |outside| {
            let mut model = closed(outside);
            fail(&mut model, Job::Close, material::token_failure());
            model
        }),
    ]
}

fn head_export() -> Vec<(&'static str, Build)> {
    fn choosing(outside: &Outside) -> Model {
        let mut model = on_top(outside, Screen::HeadExport(HeadExport::new()));
        tell(&mut model, News::Folder(material::folder(outside)));
        model
    }
    vec![
        ("empty", |outside| without_media(on_top(outside, Screen::HeadExport(HeadExport::new())))),
        ("typical", choosing),
        ("typical, written", |outside| {
            let mut model = choosing(outside);
            let folder = outside.path().join("head-1204-20261121T140322Z");
            tell(&mut model, News::HeadWritten(WrittenHead { entry: 1_204, folder }));
            model
        }),
        ("failure", |outside| {
            let mut model = choosing(outside);
            fail(&mut model, Job::WriteHead(outside.path()), material::medium_failure(outside));
            model
        }),
    ]
}

/// The rooms of an open home.
fn at_home(outside: &Outside) -> Model {
    let mut model = Model::new(Screen::Rooms(Rooms::new()));
    time(&mut model);
    update(&mut model, Message::Interfaces(Vec::new()));
    update(&mut model, Message::Volumes(material::volumes(outside)));
    let lock_after = std::time::Duration::from_mins(5);
    tell(&mut model, News::Opened { overview: material::overview(outside), lock_after });
    model
}

/// A screen on top of the rooms.
fn on_top(outside: &Outside, screen: Screen) -> Model {
    let mut model = at_home(outside);
    model.enter(screen);
    model
}

fn without_media(mut model: Model) -> Model {
    update(&mut model, Message::Volumes(Vec::new()));
    model
}

/// A moment of so many milliseconds after the others.
fn later(model: &mut Model, milliseconds: u64) {
    let since = material::SINCE + std::time::Duration::from_millis(milliseconds);
    update(model, Message::Tick { clock: Some(material::now()), since });
}

fn time(model: &mut Model) {
    update(model, Message::Tick { clock: Some(material::now()), since: material::SINCE });
}

/// A job is in hand, as if a screen had begun it.
fn begin(model: &mut Model, job: Job) -> Vec<Effect> {
    let (words, asked_by, on_back) = (job.words(), model.place(), job.on_back());
    model.about.busy = Some(Busy { words, asked_by, progress: None, pace: Pace::Going, on_back });
    vec![Effect::Work(job)]
}

/// A job in hand is done; what the screen asks for next is looked at no further.
fn tell(model: &mut Model, news: News) {
    update(model, Message::Done(Box::new(news)));
    settle(model);
}

/// Nothing is in hand any more.
fn settle(model: &mut Model) {
    model.about.busy = None;
    model.about.aside = None;
    model.next = None;
}

/// Time passes until all folders are counted, each with this answer.
fn answer_counts(model: &mut Model, counted: FolderCount) {
    for milliseconds in (1_000..).step_by(1_000) {
        let since = material::SINCE + std::time::Duration::from_millis(milliseconds);
        let effects = update(model, Message::Tick { clock: Some(material::now()), since });
        let job = effects.into_iter().find_map(|effect| match effect {
            Effect::Work(Job::CountFolder { path, generation }) => Some((path, generation)),
            _ => None,
        });
        match job {
            Some((path, generation)) => {
                tell(model, News::FolderCounted { path, generation, counted });
            }
            None if milliseconds > 2_000 => break,
            None => {}
        }
    }
}

/// Keys are pressed, and nothing that they ask for is in hand any more.
fn press(model: &mut Model, keys: &[Key]) {
    for &key in keys {
        update(model, Message::Key(key));
        settle(model);
    }
}

/// A job in hand failed.
fn fail(model: &mut Model, job: Job, failure: coldsign::tui::message::Failure) {
    begin(model, job);
    update(model, Message::Failed(failure));
}

/// Keys: those that open a field, then a text.
fn typed(mut model: Model, keys: &str, text: &str) -> Model {
    for c in keys.chars().chain(text.chars()) {
        update(&mut model, Message::Key(Key::Char(c)));
    }
    model
}
