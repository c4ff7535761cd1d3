use serde_json::json;
use yuntu_policy::{Action, PageView, Period, decide_colleagues, decide_own};
use yuntu_store::{CheckedFile, Letter, Paper, PaperLook, PaperOf, Session, Tx};
use yuntu_terms::{ClauseId, EnterpriseId, RepresentativeId, clause};

use super::MemberAct;
use crate::caller::{Caller, entry};
use crate::certification::{CertificationError, OpenedFile, file_of};
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// For how many days ahead a letter may be good: fifty years.
const LETTER_DAYS_MAX: i32 = 50 * 366;

/// A signed letter of authorisation as it is handed in.
pub struct SignedLetter {
    /// The name that the file came with.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// From when until when the letter says that the member may act.
    pub period: Period,
}

// A letter is about people.
impl std::fmt::Debug for SignedLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedLetter").finish_non_exhaustive()
    }
}

/// A version of a member's letter as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterView {
    /// The letter.
    pub letter: Letter,
    /// Its signed file, where it lies here.
    pub paper: Option<Paper>,
    /// Who of the enterprise looked into the file, the latest first.
    pub looks: Vec<PaperLook>,
}

impl Platform {
    /// Records the signed letter of authorisation of another member; the digest is computed from the file, and earlier
    /// letters stay. Nobody vouches for herself: the letter of whoever applies comes with the certification.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not; [`AppError::Invalid`] when the period is empty or over, or the letter
    /// is the caller's own; [`CertificationError::File`] when the file is hostile, damaged or of another kind;
    /// [`AppError::Missing`] when there is no such member.
    /// # Clause
    /// R3, R22
    pub async fn record_letter(
        &self,
        caller: &Caller,
        member: RepresentativeId,
        signed: SignedLetter,
    ) -> Result<(), AppError> {
        clause::hit!(R3);
        let found = self.member(caller, member).await?;
        self.may_grant(caller, found.seat.role).await?;
        if member == caller.representative {
            return Err(AppError::Invalid {
                what: "letter",
                reason: Said::new(
                    "不能为自己登记授权函件，须由另一位管理者或在企业认证中办理",
                    "nobody records her own; another administrator does, or the certification",
                ),
            });
        }
        let period = signed.period;
        self.check_letter(period)?;
        let file =
            CheckedFile::check(&signed.name, signed.bytes).map_err(CertificationError::File)?;
        let of = PaperOf::Enterprise(caller.enterprise);
        let sealed = self.store().seal_paper(of, &file).await?;
        let body = json!({
            "representative": member, "letter": sealed.digest(), "paper": sealed.id(),
            "from": period.from, "until": period.until,
        });
        self.act(caller, MemberAct::Letter(member, &sealed, period), body)
            .await
    }

    /// Says what of the period of a letter cannot be.
    fn check_letter(&self, period: Period) -> Result<(), AppError> {
        let now = self.now();
        let reason = if period.until <= period.from {
            Said::new("结束不能早于开始", "it ends before it begins")
        } else if period.until <= now {
            Said::new(
                "此函件已到期，请上传在有效期内的函件",
                "this letter is over already; upload one that is in force",
            )
        } else if period.until > now.plus_days(LETTER_DAYS_MAX) {
            Said::new("不能晚于五十年后", "it is at most fifty years ahead")
        } else {
            return Ok(());
        };
        Err(AppError::Invalid {
            what: "until",
            reason,
        })
    }

    /// Lists the letters of a member, the first recorded first, with who looked into them: for who manages members, and
    /// for the member herself.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not; [`AppError::Missing`] when there is no such member.
    /// # Clause
    /// R3, R23
    pub async fn letters(
        &self,
        caller: &Caller,
        member: RepresentativeId,
    ) -> Result<Vec<LetterView>, AppError> {
        if member != caller.representative {
            self.member(caller, member).await?;
        }
        self.letters_of(caller.enterprise, member).await
    }

    pub(crate) async fn letters_of(
        &self,
        enterprise: EnterpriseId,
        member: RepresentativeId,
    ) -> Result<Vec<LetterView>, AppError> {
        let read = self.store().read();
        let mut views = Vec::new();
        for letter in read.list_letters(enterprise, member).await? {
            let (mut paper, mut looks) = (None, Vec::new());
            if let Some(id) = letter.paper {
                paper = read.find_paper(PaperOf::Enterprise(enterprise), id).await?;
                looks = read.list_paper_looks(enterprise, id).await?;
            }
            views.push(LetterView {
                letter,
                paper,
                looks,
            });
        }
        Ok(views)
    }

    /// Opens the signed file of a letter for who manages members, or for the member herself; the look is in the ledger and
    /// beside the letter before the file leaves.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not; [`AppError::Missing`] when there is no such letter, or no file of it.
    /// # Clause
    /// R3, R22, R23
    pub async fn open_letter(
        &self,
        caller: &Caller,
        member: RepresentativeId,
        number: u64,
    ) -> Result<OpenedFile, AppError> {
        let of = (caller.enterprise, member, number);
        if member == caller.representative {
            let account = self.person_of(caller).await?;
            let own = account.and_then(|account| decide_own(account, account));
            let own = own.ok_or(AppError::Missing { what: "letter" })?;
            return self.look_into_letter(of, caller, own).await;
        }
        let role = self.authorise(caller, Action::ManageMembers).await?;
        let view = decide_colleagues(role, caller.enterprise).ok_or(AppError::Internal {
            what: "the view of who manages members",
        })?;
        self.look_into_letter(of, caller, view).await
    }

    /// Opens a letter of the person of a session, also when her seat has ended.
    ///
    /// # Errors
    /// [`AppError::Missing`] when she has no such letter, or no file of it.
    /// # Clause
    /// R22, R26
    pub async fn open_own_letter(
        &self,
        session: &Session,
        member: RepresentativeId,
        number: u64,
    ) -> Result<OpenedFile, AppError> {
        let missing = || AppError::Missing { what: "letter" };
        let seats = self.store().read().list_seats(session.account).await?;
        let seat = seats.into_iter().find(|seat| seat.id == member);
        let enterprise = seat.ok_or_else(missing)?.enterprise;
        let own = decide_own(session.account, session.account).ok_or_else(missing)?;
        let caller = Caller {
            origin: session.origin.clone(),
            ..Caller::of(enterprise, member)
        };
        self.look_into_letter((enterprise, member, number), &caller, own)
            .await
    }

    async fn look_into_letter(
        &self,
        (enterprise, member, number): (EnterpriseId, RepresentativeId, u64),
        by: &Caller,
        view: PageView,
    ) -> Result<OpenedFile, AppError> {
        clause::hit!(R23);
        let missing = || AppError::Missing { what: "letter" };
        let letters = self.store().read().list_letters(enterprise, member).await?;
        let letter = letters.into_iter().find(|letter| letter.number == number);
        let id = letter.and_then(|letter| letter.paper).ok_or_else(missing)?;
        let opened = self
            .store()
            .open_paper(PaperOf::Enterprise(enterprise), id)
            .await?;
        let opened = opened.ok_or_else(missing)?;
        let actor = self.pseudonym(by).await?;
        self.store()
            .run_tx("letter.open", async |tx: Tx| {
                let body = json!({
                    "enterprise": enterprise, "representative": member,
                    "number": number, "paper": id,
                });
                let clauses = [ClauseId::r(3), ClauseId::r(23)];
                let noted = entry(&tx, "letter.opened", &clauses, actor, body)?;
                let leaf = tx.append_own(by, &noted).await?;
                tx.note_paper_look(enterprise, (id, by.representative), leaf)
                    .await?;
                Ok::<_, AppError>(())
            })
            .await?;
        let warrant = self.view_as(by, view).await?;
        file_of((&opened.name, &opened.bytes), opened.paper.kind, &warrant)
    }
}
