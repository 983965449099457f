//! Issued certificates in rows, with the chosen one in full below: the same for browsing and for what was found.

use ratatui::layout::Rect;

use crate::{
    ceremony::{CertificateState, IssuedRow},
    pki::text::Printable,
    tui::{
        canvas::{Canvas, LABEL_CELLS, cut},
        list::List,
        theme::Role,
        wording::{grouped, moment},
    },
};

/// Cells of the number: ten millions and a blank.
const NUMBER_CELLS: u16 = 11;

/// Cells of how a certificate stands, and a blank.
const STATE_CELLS: u16 = 8;

/// Cells of a day and a blank.
const DAY_CELLS: u16 = 11;

/// Cells of a serial number where it is cut, with a blank.
const SERIAL_SHORT_CELLS: u16 = 17;

/// Cells of a serial number of 20 octets, with a blank.
const SERIAL_CELLS: u16 = 41;

/// Width from which a serial number is shown whole.
const WIDE: u16 = 110;

/// Rows below the table that show the chosen certificate.
const DETAIL_ROWS: u16 = 5;

/// Rows that an area shows of a table.
#[must_use]
pub fn page(area: Rect) -> u16 {
    area.height.saturating_sub(1 + DETAIL_ROWS)
}

/// Draws `rows` rows of which `get` gives those that are known.
pub fn draw<'r>(
    canvas: &mut Canvas<'_>,
    area: Rect,
    list: List,
    rows: usize,
    get: &dyn Fn(usize) -> Option<&'r IssuedRow>,
) {
    let columns = Columns::of(area);
    columns.head(canvas, area);
    let below = Rect { y: area.y + 1, height: page(area), ..area };
    let page = usize::from(below.height);
    let first = list.first_seen(rows, page);
    for at in first..rows.min(first + page) {
        let y = below.y + u16::try_from(at - first).unwrap_or(0);
        let role = if at == list.chosen() { Role::Selected } else { Role::Plain };
        canvas.row(below, y, "", role);
        match get(at) {
            Some(row) => columns.row(canvas, below, y, row, role),
            None => {
                canvas.text(below.x + 1, y, below.width, "reading ...", role);
            }
        }
    }
    let detail = Rect { y: area.bottom().saturating_sub(DETAIL_ROWS), height: DETAIL_ROWS, ..area };
    if let Some(row) = get(list.chosen()) {
        draw_detail(canvas, detail, row);
    }
}

/// Where the columns stand.
struct Columns {
    serial: u16,
    subject: u16,
    /// None where there is no room: the chosen certificate tells it below.
    issued: u16,
}

impl Columns {
    fn of(area: Rect) -> Self {
        let serial = if area.width >= WIDE { SERIAL_CELLS } else { SERIAL_SHORT_CELLS };
        let issued = if area.width >= WIDE { DAY_CELLS } else { 0 };
        let others = NUMBER_CELLS + serial + STATE_CELLS + issued + DAY_CELLS;
        Self { serial, subject: area.width.saturating_sub(others), issued }
    }

    fn head(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let mut x = area.x;
        for (title, cells) in [
            ("    number", NUMBER_CELLS),
            ("serial number", self.serial),
            ("subject", self.subject),
            ("now", STATE_CELLS),
            ("issued", self.issued),
            ("valid until", DAY_CELLS),
        ] {
            canvas.text(x, area.y, cells, title, Role::Faint);
            x += cells;
        }
    }

    fn row(&self, canvas: &mut Canvas<'_>, area: Rect, y: u16, row: &IssuedRow, role: Role) {
        let mut x = area.x;
        canvas.text(x, y, NUMBER_CELLS, &format!("{:>10}", grouped(row.number)), role);
        x += NUMBER_CELLS;
        let serial = cut(&row.serial, usize::from(self.serial - 1));
        canvas.text(x, y, self.serial - 1, &serial, role);
        x += self.serial;
        canvas.outside(x, y, self.subject.saturating_sub(1), &row.subject, role);
        x += self.subject;
        let state = if role == Role::Selected { role } else { state_role(row.state) };
        canvas.text(x, y, STATE_CELLS - 1, row.state.word(), state);
        x += STATE_CELLS;
        for (time, cells) in [(row.issued, self.issued), (row.not_after, DAY_CELLS)] {
            let day: String = time.to_string().chars().take(10).collect();
            canvas.text(x, y, cells.saturating_sub(1), &day, role);
            x += cells;
        }
    }
}

/// How a state stands out, beside its word.
fn state_role(state: CertificateState) -> Role {
    match state {
        CertificateState::Ended => Role::Faint,
        CertificateState::OnHold => Role::Attention,
        CertificateState::Revoked => Role::Bad,
        CertificateState::Valid => Role::Plain,
    }
}

fn draw_detail(canvas: &mut Canvas<'_>, area: Rect, row: &IssuedRow) {
    canvas.rule(area, area.y, &format!("number {}", grouped(row.number)));
    let mut y = area.y + 1;
    let outside = |canvas: &mut Canvas<'_>, y: u16, label: &str, value: &Printable| {
        if y < area.bottom() {
            canvas.text(area.x, y, LABEL_CELLS - 1, label, Role::Faint);
            let width = area.width.saturating_sub(LABEL_CELLS);
            canvas.outside(area.x + LABEL_CELLS, y, width, value, Role::Plain);
        }
    };
    y += canvas.labelled(area, y, "serial number", &row.serial, Role::Plain);
    outside(canvas, y, "subject", &row.subject);
    outside(canvas, y + 1, "request from", &row.source);
    let at = moment(row.issued);
    let under = format!("{at}, CA {}, #{} of {}", row.authority, grouped(row.index), row.plan);
    outside(canvas, y + 2, "issued", &Printable::new(&under));
}
