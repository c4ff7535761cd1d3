//! Cells on their way into columns.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use yuntu_terms::Timestamp;

use super::times::Times;
use crate::error::LakeError;
use crate::mapping::{ColumnMapping, ColumnType};
use crate::report::RowFault;

/// A cell is longer than this goes to quarantine.
pub(crate) const CELL_BYTES_MAX: usize = 1 << 20;

/// One value as a source gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Missing,
    Text(&'a str),
    Int(i64),
    /// A whole number beyond 63 bits.
    Wide(u64),
    Float(f64),
    Bool(bool),
    /// A moment.
    Micros(i64),
    /// A wall-clock time of the mapping's zone.
    LocalMicros(i64),
    Day(i32),
    Decimal {
        value: i128,
        scale: u8,
    },
}

impl Cell<'_> {
    /// Writes the value as text; false for what has no plain text form.
    pub(crate) fn write_to(&self, out: &mut String) -> bool {
        match self {
            Cell::Text(text) => out.push_str(text),
            Cell::Int(number) => return write!(out, "{number}").is_ok(),
            Cell::Wide(number) => return write!(out, "{number}").is_ok(),
            Cell::Float(number) => return write!(out, "{number}").is_ok(),
            Cell::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
            Cell::Decimal { value, scale } => write_decimal(*value, *scale, out),
            Cell::Missing | Cell::Micros(_) | Cell::LocalMicros(_) | Cell::Day(_) => return false,
        }
        true
    }
}

fn write_decimal(value: i128, scale: u8, out: &mut String) {
    let digits = value.unsigned_abs().to_string();
    let scale = usize::from(scale);
    if value < 0 {
        out.push('-');
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    out.push_str(whole);
    if scale > 0 {
        out.push('.');
        out.push_str(fraction);
    }
}

/// The values of one column of a chunk; a row can be taken back.
#[derive(Debug)]
pub(crate) struct Sink {
    values: Values,
    present: Vec<bool>,
    times: Times,
}

#[derive(Debug)]
enum Values {
    Text {
        bytes: Vec<u8>,
        ends: Vec<i32>,
    },
    Int(Vec<i64>),
    Float(Vec<f64>),
    Decimal {
        values: Vec<i128>,
        precision: u8,
        scale: u8,
    },
    Bool(Vec<bool>),
    Timestamp(Vec<i64>),
    Date(Vec<i32>),
}

impl Sink {
    pub(crate) fn new(column: &ColumnMapping, zone: &str) -> Result<Self, LakeError> {
        let values = match column.column_type {
            ColumnType::Text => Values::Text {
                bytes: Vec::new(),
                ends: Vec::new(),
            },
            ColumnType::Int => Values::Int(Vec::new()),
            ColumnType::Float => Values::Float(Vec::new()),
            ColumnType::Decimal { precision, scale } => Values::Decimal {
                values: Vec::new(),
                precision,
                scale,
            },
            ColumnType::Bool => Values::Bool(Vec::new()),
            ColumnType::Timestamp => Values::Timestamp(Vec::new()),
            ColumnType::Date => Values::Date(Vec::new()),
        };
        let times = Times::new(&column.time_format, zone)?;
        Ok(Self {
            values,
            present: Vec::new(),
            times,
        })
    }

    /// Appends a value, or says why it does not fit; then nothing was appended.
    pub(crate) fn push(&mut self, cell: Cell<'_>) -> Result<(), RowFault> {
        let present = cell != Cell::Missing;
        match &mut self.values {
            Values::Text { bytes, ends } => push_text(cell, bytes, ends)?,
            Values::Int(values) => values.push(if present { to_int(cell)? } else { 0 }),
            Values::Float(values) => values.push(if present { to_float(cell)? } else { 0.0 }),
            Values::Decimal {
                values,
                precision,
                scale,
            } => {
                values.push(if present {
                    to_decimal(cell, *precision, *scale)?
                } else {
                    0
                });
            }
            Values::Bool(values) => values.push(present && to_bool(cell)?),
            Values::Timestamp(values) => {
                values.push(if present {
                    to_moment(cell, &self.times)?
                } else {
                    0
                });
            }
            Values::Date(values) => {
                values.push(if present {
                    to_day(cell, &self.times)?
                } else {
                    0
                });
            }
        }
        self.present.push(present);
        Ok(())
    }

    /// Takes back what was appended after so many rows.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.present.truncate(rows);
        match &mut self.values {
            Values::Text { bytes, ends } => {
                ends.truncate(rows);
                let end = ends
                    .last()
                    .copied()
                    .and_then(|end| usize::try_from(end).ok());
                bytes.truncate(end.unwrap_or(0));
            }
            Values::Int(values) | Values::Timestamp(values) => values.truncate(rows),
            Values::Float(values) => values.truncate(rows),
            Values::Decimal { values, .. } => values.truncate(rows),
            Values::Bool(values) => values.truncate(rows),
            Values::Date(values) => values.truncate(rows),
        }
    }

    /// Says whether the last row has a value.
    pub(crate) fn last_present(&self) -> bool {
        self.present.last() == Some(&true)
    }

    /// Returns moments (or days) as numbers that sort by time.
    pub(crate) fn order_keys(&self) -> Option<Vec<i64>> {
        match &self.values {
            Values::Timestamp(values) => Some(values.clone()),
            Values::Date(values) => Some(values.iter().copied().map(i64::from).collect()),
            Values::Text { .. }
            | Values::Int(_)
            | Values::Float(_)
            | Values::Decimal { .. }
            | Values::Bool(_) => None,
        }
    }

    /// Returns what each row of a column of yes and no says.
    pub(crate) fn bools(&self) -> Option<Vec<Option<bool>>> {
        let Values::Bool(values) = &self.values else {
            return None;
        };
        let said = values.iter().zip(&self.present);
        Some(said.map(|(value, there)| there.then_some(*value)).collect())
    }

    /// Returns moments, or the beginnings of days.
    pub(crate) fn moments(&self) -> Option<Vec<Timestamp>> {
        let of_day = |day: &i32| Timestamp::from_micros(i64::from(*day) * 86_400_000_000);
        match &self.values {
            Values::Timestamp(values) => {
                Some(values.iter().copied().map(Timestamp::from_micros).collect())
            }
            Values::Date(values) => Some(values.iter().map(of_day).collect()),
            Values::Text { .. }
            | Values::Int(_)
            | Values::Float(_)
            | Values::Decimal { .. }
            | Values::Bool(_) => None,
        }
    }

    /// Says how much memory the values take.
    pub(crate) fn bytes(&self) -> usize {
        let values = match &self.values {
            Values::Text { bytes, ends } => bytes.len() + size_of_val(ends.as_slice()),
            Values::Int(values) | Values::Timestamp(values) => size_of_val(values.as_slice()),
            Values::Float(values) => size_of_val(values.as_slice()),
            Values::Decimal { values, .. } => size_of_val(values.as_slice()),
            Values::Bool(values) => size_of_val(values.as_slice()),
            Values::Date(values) => size_of_val(values.as_slice()),
        };
        values + self.present.len()
    }

    pub(crate) fn finish(self) -> Result<ArrayRef, LakeError> {
        let nulls = Some(NullBuffer::from(self.present)).filter(|nulls| nulls.null_count() > 0);
        let array: ArrayRef = match self.values {
            Values::Text { bytes, ends } => {
                let mut offsets = Vec::with_capacity(ends.len() + 1);
                offsets.push(0);
                offsets.extend(ends);
                Arc::new(
                    StringArray::try_new(
                        OffsetBuffer::new(offsets.into()),
                        Buffer::from_vec(bytes),
                        nulls,
                    )
                    .map_err(columns)?,
                )
            }
            Values::Int(values) => Arc::new(Int64Array::new(values.into(), nulls)),
            Values::Float(values) => Arc::new(Float64Array::new(values.into(), nulls)),
            Values::Decimal {
                values,
                precision,
                scale,
            } => Arc::new(
                Decimal128Array::new(values.into(), nulls)
                    .with_precision_and_scale(precision, i8::try_from(scale).unwrap_or(i8::MAX))
                    .map_err(columns)?,
            ),
            Values::Bool(values) => Arc::new(BooleanArray::new(values.into(), nulls)),
            Values::Timestamp(values) => Arc::new(
                TimestampMicrosecondArray::new(values.into(), nulls).with_timezone("+00:00"),
            ),
            Values::Date(values) => Arc::new(Date32Array::new(values.into(), nulls)),
        };
        Ok(array)
    }
}

fn columns(error: arrow::error::ArrowError) -> LakeError {
    LakeError::Columns(Box::new(error))
}

fn push_text(cell: Cell<'_>, bytes: &mut Vec<u8>, ends: &mut Vec<i32>) -> Result<(), RowFault> {
    match cell {
        Cell::Missing => {}
        Cell::Text(text) => bytes.extend_from_slice(text.as_bytes()),
        Cell::Int(_)
        | Cell::Wide(_)
        | Cell::Float(_)
        | Cell::Bool(_)
        | Cell::Micros(_)
        | Cell::LocalMicros(_)
        | Cell::Day(_)
        | Cell::Decimal { .. } => {
            let mut text = String::new();
            if !cell.write_to(&mut text) {
                return Err(RowFault::WrongType);
            }
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    // INVARIANT: a chunk ends long before its text reaches 2 GiB.
    ends.push(i32::try_from(bytes.len()).map_err(|_beyond| RowFault::RowTooLong)?);
    Ok(())
}

fn to_int(cell: Cell<'_>) -> Result<i64, RowFault> {
    match cell {
        Cell::Text(text) => text
            .trim()
            .parse()
            .map_err(|_malformed| RowFault::NotAnInteger),
        Cell::Int(number) => Ok(number),
        Cell::Float(number) => whole(number).ok_or(RowFault::NotAnInteger),
        Cell::Decimal { value, scale } => {
            let unit = 10_i128
                .checked_pow(u32::from(scale))
                .ok_or(RowFault::NotAnInteger)?;
            if value % unit == 0 {
                i64::try_from(value / unit).map_err(|_beyond| RowFault::NotAnInteger)
            } else {
                Err(RowFault::NotAnInteger)
            }
        }
        Cell::Bool(_) | Cell::Micros(_) | Cell::LocalMicros(_) | Cell::Day(_) => {
            Err(RowFault::WrongType)
        }
        Cell::Wide(_) | Cell::Missing => Err(RowFault::NotAnInteger),
    }
}

/// Takes a float that is exactly a whole number as one; columns with gaps often arrive as floats.
fn whole(number: f64) -> Option<i64> {
    // 2^53: beyond it not every whole number is a float.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() != 0.0 || number.abs() > EXACT {
        return None;
    }
    format!("{number:.0}").parse().ok()
}

fn to_float(cell: Cell<'_>) -> Result<f64, RowFault> {
    let number = match cell {
        Cell::Text(text) => text
            .trim()
            .parse()
            .map_err(|_malformed| RowFault::NotANumber)?,
        Cell::Float(number) => number,
        Cell::Int(_) | Cell::Wide(_) | Cell::Decimal { .. } => {
            let mut text = String::new();
            cell.write_to(&mut text);
            text.parse().map_err(|_malformed| RowFault::NotANumber)?
        }
        Cell::Missing => return Err(RowFault::NotANumber),
        Cell::Bool(_) | Cell::Micros(_) | Cell::LocalMicros(_) | Cell::Day(_) => {
            return Err(RowFault::WrongType);
        }
    };
    if number.is_finite() {
        Ok(number)
    } else {
        Err(RowFault::NotANumber)
    }
}

fn to_decimal(cell: Cell<'_>, precision: u8, scale: u8) -> Result<i128, RowFault> {
    match cell {
        Cell::Text(text) => decimal(text.trim(), precision, scale),
        Cell::Int(_) | Cell::Wide(_) | Cell::Float(_) | Cell::Decimal { .. } => {
            let mut text = String::new();
            cell.write_to(&mut text);
            decimal(&text, precision, scale)
        }
        Cell::Missing => Err(RowFault::NotADecimal),
        Cell::Bool(_) | Cell::Micros(_) | Cell::LocalMicros(_) | Cell::Day(_) => {
            Err(RowFault::WrongType)
        }
    }
}

/// Reads a decimal exactly: no exponent, no digit beyond the scale that is not zero.
fn decimal(text: &str, precision: u8, scale: u8) -> Result<i128, RowFault> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let mut value: i128 = 0;
    let mut seen = false;
    let mut after_point: Option<u8> = None;
    for byte in digits {
        match (byte, after_point) {
            (b'.', None) => after_point = Some(0),
            (b'0', Some(places)) if places == scale => seen = true,
            (b'0'..=b'9', places) => {
                if places == Some(scale) {
                    return Err(RowFault::NotADecimal);
                }
                seen = true;
                after_point = places.map(|places| places + 1);
                value = value
                    .checked_mul(10)
                    .and_then(|value| value.checked_add(i128::from(byte - b'0')))
                    .ok_or(RowFault::NotADecimal)?;
            }
            _ => return Err(RowFault::NotADecimal),
        }
    }
    let missing = u32::from(scale - after_point.unwrap_or(0));
    let value = 10_i128
        .checked_pow(missing)
        .and_then(|unit| value.checked_mul(unit))
        .filter(|_value| seen)
        .ok_or(RowFault::NotADecimal)?;
    let limit = 10_i128
        .checked_pow(u32::from(precision))
        .ok_or(RowFault::NotADecimal)?;
    if value >= limit {
        return Err(RowFault::NotADecimal);
    }
    Ok(if negative { -value } else { value })
}

fn to_bool(cell: Cell<'_>) -> Result<bool, RowFault> {
    match cell {
        Cell::Bool(yes) => Ok(yes),
        Cell::Int(0) => Ok(false),
        Cell::Int(1) => Ok(true),
        Cell::Text(text) => read_bool(text).ok_or(RowFault::NotABool),
        Cell::Missing
        | Cell::Int(_)
        | Cell::Wide(_)
        | Cell::Float(_)
        | Cell::Micros(_)
        | Cell::LocalMicros(_)
        | Cell::Day(_)
        | Cell::Decimal { .. } => Err(RowFault::NotABool),
    }
}

/// Reads yes or no in the spellings that files use.
pub(crate) fn read_bool(text: &str) -> Option<bool> {
    let text = text.trim();
    let among = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if among(&["true", "1", "yes", "y", "t", "是"]) {
        Some(true)
    } else if among(&["false", "0", "no", "n", "f", "否"]) {
        Some(false)
    } else {
        None
    }
}

fn to_moment(cell: Cell<'_>, times: &Times) -> Result<i64, RowFault> {
    match cell {
        Cell::Text(text) => times.moment(text),
        Cell::Int(number) => times.number(number),
        Cell::Micros(micros) => Some(micros),
        Cell::LocalMicros(micros) => times.local(micros),
        Cell::Day(day) => times.local(i64::from(day) * super::times::MICROS_PER_DAY),
        Cell::Missing | Cell::Wide(_) | Cell::Float(_) | Cell::Bool(_) | Cell::Decimal { .. } => {
            return Err(RowFault::WrongType);
        }
    }
    .ok_or(RowFault::NotATimestamp)
}

fn to_day(cell: Cell<'_>, times: &Times) -> Result<i32, RowFault> {
    match cell {
        Cell::Text(text) => times.day(text),
        Cell::Int(number) => times
            .number(number)
            .and_then(|micros| i32::try_from(micros.div_euclid(super::times::MICROS_PER_DAY)).ok()),
        Cell::Micros(micros) | Cell::LocalMicros(micros) => {
            i32::try_from(micros.div_euclid(super::times::MICROS_PER_DAY)).ok()
        }
        Cell::Day(day) => Some(day),
        Cell::Missing | Cell::Wide(_) | Cell::Float(_) | Cell::Bool(_) | Cell::Decimal { .. } => {
            return Err(RowFault::WrongType);
        }
    }
    .ok_or(RowFault::NotADate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_read_exactly_or_not_at_all() {
        assert_eq!(decimal("12.5", 6, 2), Ok(1_250));
        assert_eq!(decimal("-0.05", 6, 2), Ok(-5));
        assert_eq!(decimal("7", 6, 2), Ok(700));
        assert_eq!(decimal("1.5000", 6, 2), Ok(150));
        assert_eq!(decimal("+1", 6, 0), Ok(1));
        for bad in ["", "-", ".", "1.005", "1e3", "1,5", "99999.0", "1.2.3", "٣"] {
            assert_eq!(decimal(bad, 6, 2), Err(RowFault::NotADecimal), "{bad}");
        }
        let nines = "9".repeat(38);
        assert!(decimal(&nines, 38, 0).is_ok());
        assert!(decimal(&format!("{nines}9"), 38, 0).is_err());
    }

    #[test]
    fn a_decimal_has_a_text_form() {
        let mut out = String::new();
        write_decimal(-5, 2, &mut out);
        out.push(' ');
        write_decimal(1_250, 2, &mut out);
        out.push(' ');
        write_decimal(7, 0, &mut out);
        assert_eq!(out, "-0.05 12.50 7");
    }

    #[test]
    fn numbers_that_would_change_are_refused() {
        assert_eq!(to_int(Cell::Float(3.0)), Ok(3));
        assert_eq!(to_int(Cell::Float(3.5)), Err(RowFault::NotAnInteger));
        assert_eq!(to_int(Cell::Float(1e18)), Err(RowFault::NotAnInteger));
        assert_eq!(
            to_int(Cell::Text("9223372036854775808")),
            Err(RowFault::NotAnInteger)
        );
        assert_eq!(to_float(Cell::Text("NaN")), Err(RowFault::NotANumber));
        assert_eq!(to_float(Cell::Text("1e999")), Err(RowFault::NotANumber));
        assert_eq!(to_bool(Cell::Text("是")), Ok(true));
        assert_eq!(to_bool(Cell::Int(2)), Err(RowFault::NotABool));
    }
}
