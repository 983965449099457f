//! Reading: a medium becomes a table, and one row of it is read and judged again with all that the table leaves out.
//!
//! A row is found again by the raw octets of its path and its number in the file, never by what is shown of them. A
//! request in a file of many costs reading the file up to it; nothing else of the medium is touched.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::pki::{plan::difference::Line, policy::Control, text::Printable};

use super::{
    super::{
        block_lists::BlockLists,
        difference::Differences,
        form_obstacles::{FirstRequests, FormsNotHad},
        inspection::{
            Depth, Judged, Side, Yardstick, gather, inspect_each, judge, judge_namesake, judge_row_taken,
            judge_twin,
        },
        intake::{Content, Submissions},
        listing::named,
        opening::now,
        progress::Watch,
        table::file_stem,
    },
    Error, Judgement, Row, Triage, Verdict,
};

/// What reading a medium gives.
#[derive(Debug, Default)]
pub struct Reading {
    /// Every request, one a row.
    pub triage: Triage,
    /// What accepted requests ask for against what they would be issued; empty where no CA is the yardstick.
    pub differences: Differences,
    /// The first accepted requests as they would be issued, for what is asked of forms of delivery.
    pub first: FirstRequests,
    /// The forms of delivery that cannot be had of the accepted requests, once that was asked.
    pub forms: FormsNotHad,
}

/// One request with all that the table leaves out.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The judgement, with messages and hints.
    pub judgement: Judgement,
    /// The request's DER; `None` where none could be read.
    pub der: Option<Vec<u8>>,
    /// What it asks for against what it would be issued, where it is accepted and a CA is the yardstick.
    pub difference: Option<Vec<Line>>,
}

/// Reads and judges all requests under the paths, in order, and compares them with what they would be issued. The
/// medium is read twice, as [`super::super::inspect`] reads it.
///
/// # Errors
/// [`Error::Medium`]; [`Error::Stopped`]; [`Error::TooManyRequests`].
pub fn read_triage(
    paths: &[PathBuf],
    yardstick: Yardstick<'_>,
    lists: &Arc<BlockLists>,
    watch: &mut Watch<'_>,
) -> Result<Reading, Error> {
    let evidence = gather(paths, lists, watch)?;
    let mut reading = Reading::default();
    reading.triage.evidence = evidence.clone();
    let devices = yardstick.devices(None, paths)?.map(Arc::new);
    reading.triage.devices.clone_from(&devices);
    let table = devices.as_deref();
    inspect_each(paths, table, yardstick, &evidence, Depth::Difference, watch, &mut |mut inspected| {
        if let Some(difference) = inspected.difference.take() {
            reading.differences.add(&inspected.judgement.source, difference);
        }
        reading.first.take(&mut inspected);
        reading.triage.push_read(&inspected)
    })?;
    Ok(reading)
}

/// Reads one request of the table again and judges it by the yardstick, now. Its octets must be those that were read
/// before.
///
/// # Errors
/// [`Error::RequestChanged`] where they are not; [`Error::Medium`] where the medium is gone; [`Error::Stopped`];
/// [`Error::Usage`] where the table has no such row.
pub fn detail(
    triage: &Triage,
    index: usize,
    yardstick: Yardstick<'_>,
    watch: &mut Watch<'_>,
) -> Result<Detail, Error> {
    let (Some(row), Some(path)) = (triage.row(index), triage.path(index)) else {
        return Err(Error::usage("the table has no such request", "read the requests anew"));
    };
    if let Some(judgement) = triage.left_over(index) {
        return Ok(Detail { judgement: judgement.clone(), der: None, difference: None });
    }
    let content = read_again(triage.folder(index), path, triage.number(index), watch)?
        .ok_or_else(|| changed(&row, "it is not there any more"))?;
    if content.sha256() != row.sha256 {
        return Err(match content {
            Content::Refused(finding) if finding.control == Control::MediumEntry => {
                changed(&row, &format!("it cannot be read again: {}", finding.message))
            }
            _ => changed(&row, "it is not the request that was read before"),
        });
    }
    let der = match &content {
        Content::Request { der, .. } => Some(der.clone()),
        Content::Refused(_) | Content::Skipped(_) => None,
    };
    let name = path.rsplit(|&octet| octet == b'/').next().unwrap_or(path);
    let side = Side { devices: triage.devices.as_deref(), file_stem: file_stem(name) };
    let Judged { mut judgement, difference, .. } =
        judge(&harmless(row.source), content, side, yardstick, &triage.evidence, Depth::Difference, now()?);
    if let Some(first) = triage.twin(index).filter(|_| judgement.verdict == Verdict::Accepted) {
        judge_twin(&mut judgement, &of_row(triage, first), yardstick);
    }
    if let Some(first) = triage.namesake(index).filter(|_| judgement.verdict == Verdict::Accepted) {
        judge_namesake(&mut judgement, &of_row(triage, first), yardstick);
    }
    let row_taken = triage.row_taken(index).filter(|_| judgement.verdict == Verdict::Accepted);
    if let (Some((row, first)), Some(devices)) = (row_taken, triage.devices.as_deref()) {
        judge_row_taken(&mut judgement, devices.refuse_second(row, &of_row(triage, first)));
    }
    let difference = difference.filter(|_| judgement.verdict == Verdict::Accepted);
    Ok(Detail { judgement, der, difference: difference.map(|difference| difference.lines) })
}

/// The request of this number in the listing, in words: the rows are the listing.
fn of_row(triage: &Triage, number: u64) -> String {
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    named(index.and_then(|index| triage.row(index)).map(|row| row.source), number)
}

/// The request of this number in a file; 0 is the one that stands alone.
fn read_again(
    folder: Option<&Path>,
    path: &[u8],
    number: u32,
    watch: &mut Watch<'_>,
) -> Result<Option<Content>, Error> {
    let path = Path::new(OsStr::from_bytes(path));
    let mut submissions = match Submissions::again(folder, path)? {
        Ok(submissions) => submissions,
        Err(finding) => return Ok(Some(Content::Refused(finding))),
    };
    let mut left = number.max(1);
    while let Some(submission) = submissions.next()? {
        left -= 1;
        if left == 0 {
            // What was a file may be a folder by now.
            let is_same = submission.place.folder() == folder;
            return Ok(is_same.then_some(submission.content));
        }
        watch.check_stop("nothing was changed", "open the request again")?;
    }
    Ok(None)
}

fn changed(row: &Row<'_>, what: &str) -> Error {
    Error::RequestChanged { path: harmless(row.source), what: what.to_owned() }
}

/// Text of the table, which is harmless already, whole.
fn harmless(text: &str) -> Printable {
    Printable::with_limit(text, usize::MAX)
}
