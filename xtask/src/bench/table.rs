use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::rows::{ROWS, Row};

/// The name under which our own contestant runs.
const OURS: &str = "yuntu";

/// What one turn cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    pub(super) cpu: Duration,
    pub(super) wall: Duration,
}

/// What was measured so far, by row and contestant.
#[derive(Debug, Default)]
pub(super) struct Table {
    cells: BTreeMap<(&'static str, &'static str), Cell>,
}

#[derive(Debug, Default)]
struct Cell {
    measures: Vec<Measure>,
    answer: Option<String>,
    /// What the contestant says beside its answer, the last time.
    remark: Option<String>,
    unstable: bool,
    unable: Option<String>,
}

impl Table {
    /// Adds a turn; an answer that differs from the contestant's last one is remembered.
    pub(super) fn add(
        &mut self,
        row: &'static Row,
        name: &'static str,
        measure: Measure,
        answer: &str,
    ) {
        let cell = self.cells.entry((row.name, name)).or_default();
        cell.measures.push(measure);
        let (answer, remark) = match answer.split_once(" # ") {
            Some((answer, remark)) => (answer, Some(remark.to_owned())),
            None => (answer, None),
        };
        cell.remark = remark;
        let other = cell.answer.replace(answer.to_owned());
        cell.unstable |= other.is_some_and(|other| other != answer);
    }

    /// Notes that a contestant does not have a row.
    pub(super) fn unable(&mut self, row: &'static Row, name: &'static str, reason: &str) {
        let cell = self.cells.entry((row.name, name)).or_default();
        cell.unable = Some(reason.to_owned());
    }

    /// Says whether every contestant gave the same answer in every row, every time.
    pub(super) fn answers_agree(&self) -> bool {
        ROWS.iter().all(|row| self.agrees(row))
    }

    fn agrees(&self, row: &Row) -> bool {
        let mut answers = self.answered(row).map(|(_, cell)| &cell.answer);
        let first = answers.next();
        answers.all(|answer| Some(answer) == first) && self.answered(row).all(|(_, c)| !c.unstable)
    }

    /// Lists who did the row, ourselves first.
    fn answered<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'static str, &'a Cell)> {
        let of_row = move |ours: bool| {
            self.cells
                .iter()
                .filter(move |((name, who), cell)| {
                    *name == row.name && (*who == OURS) == ours && !cell.measures.is_empty()
                })
                .map(|((_, who), cell)| (*who, cell))
        };
        of_row(true).chain(of_row(false))
    }

    fn cpu(&self, row: &'static str, who: &'static str) -> Option<Duration> {
        self.cells.get(&(row, who))?.median(|measure| measure.cpu)
    }
}

impl Cell {
    fn median(&self, part: impl Fn(&Measure) -> Duration) -> Option<Duration> {
        let mut times: Vec<_> = self.measures.iter().map(part).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<42}{:<10}{:>12}{:>10}{:>12}{:>12}{:>12}{:>12}  answer",
            "row", "who", "CPU ms", "CPUx", "consent x", "wall ms", "a CPU s", "a second"
        )?;
        for row in ROWS {
            let ours = self.cpu(row.name, OURS);
            let agreed = self.agrees(row);
            for (who, cell) in self.answered(row) {
                let cpu = cell.median(|measure| measure.cpu).unwrap_or_default();
                let wall = cell.median(|measure| measure.wall).unwrap_or_default();
                let against = ours.filter(|_| who != OURS).map(|ours| ratio(ours, cpu));
                let open = row.without_consent.and_then(|open| self.cpu(open, who));
                let tax = open.map(|open| ratio(cpu, open));
                let done = row.done(cell.answer.as_deref().unwrap_or_default());
                writeln!(
                    f,
                    "{:<42}{who:<10}{:>12.1}{:>10}{:>12}{:>12.1}{:>12}{:>12}  {}",
                    row.name,
                    milliseconds(cpu),
                    against.unwrap_or_default(),
                    tax.unwrap_or_default(),
                    milliseconds(wall),
                    rate(done, cpu),
                    rate(done, wall),
                    shown(cell, agreed)
                )?;
            }
            for ((name, who), cell) in &self.cells {
                if let Some(reason) = cell.unable.as_ref().filter(|_| *name == row.name) {
                    writeln!(f, "{:<42}{who:<10}  no such row: {reason}", row.name)?;
                }
            }
        }
        writeln!(
            f,
            "\nCPUx: our CPU time over theirs, below 1 is in our favour. consent x: with the consent filter over \
             without it.\na CPU s, a second: rows, changes or reads in a second of CPU time and of wall time."
        )
    }
}

fn shown(cell: &Cell, agreed: bool) -> String {
    let answer = cell.answer.as_deref().unwrap_or_default();
    let short: String = answer.chars().take(40).collect();
    let shown = if agreed {
        short
    } else {
        format!("DIFFERS: {short}")
    };
    match &cell.remark {
        Some(remark) => format!("{shown}; {remark}"),
        None => shown,
    }
}

fn ratio(one: Duration, other: Duration) -> String {
    format!("{:.2}", one.as_secs_f64() / other.as_secs_f64().max(1e-9))
}

fn rate(done: Option<u64>, time: Duration) -> String {
    let per_second = |done: u64| u128::from(done) * 1_000_000 / time.as_micros().max(1);
    done.map(|done| per_second(done).to_string())
        .unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(cpu_ms: u64) -> Measure {
        Measure {
            cpu: Duration::from_millis(cpu_ms),
            wall: Duration::from_millis(cpu_ms),
        }
    }

    #[test]
    fn ratios_are_of_medians_and_a_different_answer_is_shown() {
        let named = |name: &str| ROWS.iter().find(|row| row.name == name).unwrap();
        let (open, consented) = (named("group by, everybody"), named("group by, consented"));
        let mut table = Table::default();
        for cpu in [10, 90, 20] {
            table.add(open, OURS, measured(cpu), "7");
        }
        table.add(consented, OURS, measured(22), "5");
        table.add(open, "peer", measured(40), "7");
        assert!(table.answers_agree());
        let text = table.to_string();
        assert!(text.contains("0.50"), "{text}");
        assert!(text.contains("1.10"), "{text}");
        table.add(consented, "peer", measured(1), "6");
        assert!(!table.answers_agree());
        assert!(table.to_string().contains("DIFFERS: 6"));
    }

    #[test]
    fn a_rate_is_of_the_rows_an_import_says_it_took_in() {
        let import = ROWS.iter().find(|row| row.imports()).unwrap();
        let mut table = Table::default();
        table.add(import, OURS, measured(500), "1000000");
        assert!(table.to_string().contains(" 2000000 "), "{table}");
    }

    #[test]
    fn a_contestant_that_changes_its_answer_does_not_agree() {
        let mut table = Table::default();
        table.add(&ROWS[1], OURS, measured(1), "7");
        table.add(&ROWS[1], OURS, measured(1), "8");
        table.add(&ROWS[1], OURS, measured(1), "7");
        assert!(!table.answers_agree());
    }
}
