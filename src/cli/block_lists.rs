//! `block-list add` and `block-list list`.

use serde_json::json;

use crate::{
    ceremony::{self, BlockListFacts, BlockLists, Error, Home, ListFormat, Progress, Watch},
    pki::text::{Printable, counted},
};

use super::{
    args::BlockListCommand,
    exit::Exit,
    render::{self, Form},
    stop, terminal,
};

/// Runs a block-list command.
pub fn run(home: &Home, command: &BlockListCommand, form: Form) -> Result<Exit, Error> {
    match command {
        BlockListCommand::Add { file, name, format } => {
            let format = format.as_deref().map(known).transpose()?;
            let _heeded = stop::heed();
            let mut bar = terminal::Bar::new();
            let mut listener = |progress: Progress| bar.take(progress);
            let mut watch = Watch::new(&mut listener, stop::reins());
            let facts = ceremony::add_block_list(home, file, name.as_deref(), format, &mut watch)?;
            bar.end();
            show(&facts, form);
            if form == Form::Text {
                tell!("next: coldsign inspect and coldsign plan look every key up in it");
            }
        }
        BlockListCommand::List => {
            let lists = BlockLists::of_home(home)?;
            lists.facts().for_each(|facts| show(facts, form));
            if form == Form::Text && lists.facts().next().is_none() {
                tell!("there is no block list; add one with coldsign block-list add FILE");
            }
        }
    }
    Ok(Exit::Done)
}

fn known(format: &str) -> Result<ListFormat, Error> {
    ListFormat::from_name(format).ok_or_else(|| {
        let names = ListFormat::ALL.map(ListFormat::name).join(", ");
        Error::usage(
            format!("there is no format {} of block lists", Printable::new(format)),
            format!("use one of: {names}"),
        )
    })
}

fn show(facts: &BlockListFacts, form: Form) {
    let BlockListFacts { name, format, keys, source_sha256, added } = facts;
    match form {
        Form::Json => render::value(&json!({
            "block_list": name,
            "format": format.name(),
            "keys": keys,
            "source_sha256": source_sha256.to_string(),
            "added": added.to_string(),
        })),
        Form::Text => {
            let format = format.name();
            render::line(&format!(
                "{name}  {}, {format}, made from {source_sha256}, added {added}",
                counted(*keys, "key")
            ));
        }
    }
}
