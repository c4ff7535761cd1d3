use std::fmt;

use zeroize::Zeroize;

use crate::clause;

/// A value of personal data on its way through the program.
///
/// It cannot be printed, formatted into a log line or serialised; the only way to the value is [`Pii::open`], which
/// asks for a warrant and names the sink. The value is wiped from memory when dropped.
///
/// ```compile_fail
/// let phone = yuntu_terms::Pii::new(String::from("…"));
/// println!("{phone}");
/// ```
///
/// ```compile_fail
/// let phone = yuntu_terms::Pii::new(String::from("…"));
/// serde_json::to_string(&phone);
/// ```
///
/// # Clause
/// R22, R23
pub struct Pii<T: Zeroize>(T);

/// The places at which personal data may leave the program; a log is not one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sink {
    /// A row of the database, sealed.
    Row,
    /// A page shown to a person.
    Page,
    /// A response of the API.
    Json,
    /// A mail.
    Mail,
    /// A text message.
    Sms,
    /// A partner's destination.
    Destination,
    /// A file that the enterprise whose data it is takes out.
    OwnFile,
    /// A report to the regulator.
    RegulatorReport,
}

/// What justifies opening personal data at a sink: implemented by the policy's permit and its warrant for messages alone.
pub trait Warrant {
    /// Says whether this warrant opens personal data towards the sink.
    fn opens(&self, sink: Sink) -> bool;
}

impl<T: Zeroize> Pii<T> {
    /// Takes a value under protection.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Lends the value to a sink that the warrant covers, or nothing.
    pub fn open<R>(
        &self,
        warrant: &dyn Warrant,
        sink: Sink,
        reader: impl FnOnce(&T) -> R,
    ) -> Option<R> {
        if !warrant.opens(sink) {
            return None;
        }
        clause::hit!(R23);
        Some(reader(&self.0))
    }

    /// Turns the value into another protected value, such as its sealed or hashed form.
    pub fn map<U: Zeroize>(self, f: impl FnOnce(&T) -> U) -> Pii<U> {
        Pii(f(&self.0))
    }

    /// Lends the value to code that makes it unreadable: sealing, hashing, checking a digit.
    ///
    /// What comes out must not contain the value; the house checks list the callers.
    pub fn digest<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(&self.0)
    }
}

impl<T: Zeroize> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize> Drop for Pii<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Only(Sink);

    impl Warrant for Only {
        fn opens(&self, sink: Sink) -> bool {
            sink == self.0
        }
    }

    #[test]
    fn a_value_opens_only_at_the_sink_of_its_warrant() {
        let _mark = clause::check!(R23);
        let phone = Pii::new(String::from("13800000000"));
        assert_eq!(
            phone.open(&Only(Sink::Sms), Sink::Sms, String::len),
            Some(11)
        );
        assert_eq!(phone.open(&Only(Sink::Sms), Sink::Page, String::len), None);
        assert_eq!(format!("{phone:?}"), "[redacted]");
    }
}
