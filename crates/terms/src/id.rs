use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::{Entropy, EntropyFailure, Timestamp};

/// A kind of thing that has ids.
pub trait Kind: 'static {
    /// The prefix of the text form, such as `ent`.
    const PREFIX: &'static str;
}

/// The id of a thing of kind `K`: a version 7 UUID whose text form carries the kind, `ent_0192f0c1…`.
///
/// The id of one kind neither compiles nor parses as the id of another.
pub struct Id<K: Kind>(Uuid, PhantomData<fn() -> K>);

/// The text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected `{prefix}_` and 32 hexadecimal digits")]
pub struct InvalidId {
    prefix: &'static str,
}

impl<K: Kind> Id<K> {
    /// Makes a new id from a time and randomness, so that ids sort by when they were made.
    ///
    /// # Errors
    /// [`EntropyFailure`] when the source of randomness fails.
    pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Result<Self, EntropyFailure> {
        let mut random = [0; 10];
        entropy.fill(&mut random)?;
        let millis = now.as_millis().max(0).unsigned_abs();
        Ok(Self::from_uuid(
            uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid(),
        ))
    }

    /// Wraps a UUID that is known to be of this kind, such as one read from this kind's column.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// Returns when it was made, to the millisecond; nothing for an id that was not made here.
    #[must_use]
    pub fn made(self) -> Option<Timestamp> {
        let (seconds, nanos) = self.0.get_timestamp()?.to_unix();
        let micros = i64::try_from(seconds).ok()?.checked_mul(1_000_000)?;
        Some(Timestamp::from_micros(micros + i64::from(nanos / 1_000)))
    }

    /// Returns the UUID without its kind.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<K: Kind> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kind> Copy for Id<K> {}

impl<K: Kind> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K: Kind> Eq for Id<K> {}

impl<K: Kind> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Kind> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<K: Kind> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.0.simple())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let bad = InvalidId { prefix: K::PREFIX };
        let digits = text
            .strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .filter(|digits| {
                digits.len() == 32
                    && digits
                        .bytes()
                        .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            })
            .ok_or_else(|| bad.clone())?;
        Uuid::try_parse(digits)
            .map(Self::from_uuid)
            .map_err(|_malformed| bad)
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

macro_rules! id_kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:ident, $prefix:literal;)*) => {
        /// The kinds of [`Id`].
        pub(crate) mod kinds {
            $(
                #[doc = concat!("The kind of ids that begin with `", $prefix, "_`.")]
                #[derive(Debug, Clone, Copy)]
                pub enum $kind {}

                impl super::Kind for $kind {
                    const PREFIX: &'static str = $prefix;
                }
            )*
        }

        $(
            $(#[$doc])*
            pub type $name = Id<kinds::$kind>;
        )*

        #[cfg(test)]
        const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

id_kinds! {
    /// An enterprise (平台用户): the controller of business data.
    EnterpriseId = EnterpriseKind, "ent";
    /// A representative (用户代表) of an enterprise.
    RepresentativeId = RepresentativeKind, "rep";
    /// An account (帐号): a person who signs in, whatever enterprises she acts for.
    AccountId = AccountKind, "acc";
    /// A session of somebody who has signed in.
    SessionId = SessionKind, "ses";
    /// An invitation to act for an enterprise.
    InvitationId = InvitationKind, "inv";
    /// A verification code that was sent to an address.
    CodeId = CodeKind, "cod";
    /// A second factor of an account: an authenticator or a passkey.
    FactorId = FactorKind, "fac";
    /// What stands between the first factor and a session.
    TicketId = TicketKind, "tkt";
    /// A registration or use of a passkey that is under way.
    CeremonyId = CeremonyKind, "cer";
    /// A report of an account that may be a minor's.
    MinorReportId = MinorReportKind, "mrp";
    /// A dangerous act that waits for a second person.
    ProposalId = ProposalKind, "pro";
    /// One try to sign in that failed.
    SignInTryId = SignInTryKind, "try";
    /// From where one act of a person came.
    OriginId = OriginKind, "ori";
    /// The first of the requests that came with one key.
    RepeatId = RepeatKind, "rpt";
    /// A browser from which a person signed in before.
    DeviceId = DeviceKind, "dev";
    /// A person who works for the operator of the platform.
    OperatorId = OperatorKind, "opr";
    /// A dataset of business data.
    DatasetId = DatasetKind, "dst";
    /// A declaration of source and lawfulness (U3).
    DeclarationId = DeclarationKind, "dcl";
    /// A recorded instruction of an enterprise (U2).
    InstructionId = InstructionKind, "ins";
    /// A lawful exception to consent that somebody drafted or invoked (R7, R21).
    ExceptionUseId = ExceptionUseKind, "exu";
    /// A consent record (U4).
    ConsentRecordId = ConsentRecordKind, "csr";
    /// An import of a file into a dataset.
    ImportId = ImportKind, "imp";
    /// A file from outside that was laid down to be imported.
    DepositId = DepositKind, "dep";
    /// One live file of a dataset in the lake.
    PartId = PartKind, "prt";
    /// An audience definition.
    AudienceId = AudienceKind, "aud";
    /// A permit of the policy.
    PermitId = PermitKind, "pmt";
    /// A receipt of one run.
    ReceiptId = ReceiptKind, "rcp";
    /// An application of an enterprise for certification.
    ApplicationId = ApplicationKind, "app";
    /// A file that an enterprise handed in.
    DocumentId = DocumentKind, "doc";
    /// A paper that belongs to no application: a letter of a member, or an impact assessment.
    PaperId = PaperKind, "pap";
    /// A measure against an enterprise or a dataset.
    MeasureId = MeasureKind, "mea";
    /// What somebody wrote about a measure.
    MeasureMessageId = MeasureMessageKind, "msm";
    /// An impact assessment.
    AssessmentId = AssessmentKind, "pia";
    /// Something that the platform has to do again and again, done once.
    DutyRecordId = DutyRecordKind, "dty";
    /// Something that was found when a duty was done, and has to be mended.
    DutyFindingId = DutyFindingKind, "fnd";
    /// A look of an operator at a masked value.
    LookId = LookKind, "lok";
    /// A request for technical help.
    HelpId = HelpKind, "hlp";
    /// An operator's offer to give technical help.
    HelpOfferId = HelpOfferKind, "hof";
    /// A look under technical help.
    HelpLookId = HelpLookKind, "hlk";
    /// A partner to whom data may be provided (R15).
    PartnerId = PartnerKind, "ptn";
    /// A version of the agreement with a partner (R16).
    PartnerAgreementId = PartnerAgreementKind, "pag";
    /// A key of the vault.
    KeyId = KeyKind, "key";
    /// A job that a worker runs.
    JobId = JobKind, "job";
    /// A message waiting to leave the platform.
    OutboxId = OutboxKind, "out";
    /// A token for the API.
    ApiTokenId = ApiTokenKind, "tok";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::SeededEntropy;

    #[test]
    fn prefixes_are_unique() {
        let unique: BTreeSet<_> = PREFIXES.iter().collect();
        assert_eq!(unique.len(), PREFIXES.len());
    }

    #[test]
    fn an_id_of_another_kind_does_not_parse() {
        let entropy = SeededEntropy::new(1);
        let id = EnterpriseId::generate(Timestamp::from_micros(0), &entropy).unwrap();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().parse::<DatasetId>().is_err());
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let entropy = SeededEntropy::new(2);
        let at =
            |ms: i64| PermitId::generate(Timestamp::from_micros(ms * 1_000), &entropy).unwrap();
        assert!(at(1_700_000_000_000) < at(1_700_000_000_001));
        let made = Timestamp::from_micros(1_700_000_000_123_000);
        assert_eq!(at(1_700_000_000_123).made(), Some(made));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,40}") {
            let parsed = text.parse::<EnterpriseId>();
            prop_assert!(parsed.is_err() || parsed.is_ok_and(|id| id.to_string() == text));
        }
    }
}
