//! What the pages of a new installation must do, seen as a visitor of them sees it.

mod leave;
mod optional;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use yuntu_app::accounts::LooksFrom;
use yuntu_app::policy::{ADDRESS_FAILURES, DutyKind, Period};
use yuntu_app::{AppError, Platform};
use yuntu_statement::Statement;
use yuntu_terms::{ClauseId, Clock, Entropy, Lang, Text, Timestamp};
use yuntu_web::{Shown, Visitor};

use super::Checked;
use crate::error::DemoError;
use crate::{install, mappings};

const REGISTER: &str = "/account/register?lang=en";
const CERTIFICATION: &str = "/console/certification?lang=en";
const SIGN_IN: &str = "/account/sign-in?lang=en";
const ADDRESS: &str = "visitor@prove.example";
const NOBODY: &str = "nobody@prove.example";
const PASSWORD: &str = "brindle ferry oxide lamp";

/// For how long the letter of the check is good, in microseconds.
const LETTER_MICROS: i64 = 5_000_000;

/// What was found, check by check.
struct Found(Vec<Checked>);

impl Found {
    fn note(&mut self, clause: ClauseId, what: (&'static str, &'static str), holds: bool) {
        self.0.push((clause, Text::new(what.0, what.1), holds));
    }
}

/// Opens a new installation, visits its pages, and says what held.
pub(super) async fn checks(
    folder: &Path,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Vec<Checked>, DemoError> {
    std::fs::create_dir_all(folder).map_err(|e| DemoError::file(folder, e))?;
    let platform = install::open(folder, clock, entropy).await?;
    let mut visitor = Visitor::before(yuntu_web::router(platform.clone()));
    let mut found = Found(Vec::new());
    statement(&mut visitor, &mut found).await?;
    registration(&platform, &mut visitor, &mut found).await?;
    certification(&mut visitor, &mut found).await?;
    authority(&platform, &mut found).await?;
    inside(&mut visitor, &mut found).await?;
    optional::refused(&platform, &mut visitor, &mut found).await?;
    leave::checks(&mut visitor, &mut found).await?;
    alike(&mut visitor, &mut found).await?;
    strange_browser(&platform, &mut visitor, &mut found).await?;
    duties(&platform, &mut visitor, &mut found).await?;
    cookies(&platform, &mut visitor, &mut found).await?;
    Ok(found.0)
}

/// Every version that was ever published, in both languages, and the lists beside it.
async fn statement(visitor: &mut Visitor, found: &mut Found) -> Result<(), DemoError> {
    let versions = Statement::all().map_err(yuntu_app::AppError::from)?;
    let mut all = !versions.is_empty();
    for version in versions {
        for lang in ["zh", "en"] {
            for ending in ["", ".md", ".txt", ".html"] {
                let path = format!("/statement/v/{}{ending}?lang={lang}", version.version());
                let page = visitor.get(&path).await?;
                all &= page.is_shown() && page.text.contains("R31");
            }
        }
    }
    found.note(
        ClauseId::r(27),
        (
            "每个公布过的版本都可用两种语言阅读和下载",
            "every version ever published was read and downloaded in both languages",
        ),
        all,
    );
    let mut lists = true;
    for list in ["collected", "provided"] {
        let page = visitor.get(&format!("/statement/{list}?lang=en")).await?;
        lists &= page.is_shown();
    }
    found.note(
        ClauseId::r(27),
        (
            "收集清单与提供清单由运行中的系统生成",
            "the running system made the lists of what is collected and who receives it",
        ),
        lists,
    );
    Ok(())
}

/// Registers somebody, with everything that must be refused on the way.
async fn registration(
    platform: &Platform,
    visitor: &mut Visitor,
    found: &mut Found,
) -> Result<(), DemoError> {
    visitor.get(REGISTER).await?;
    let asked = [("act", "ask"), ("address", ADDRESS)];
    let form = visitor.post(REGISTER, &asked).await?;
    let request = form.hidden("request").unwrap_or_default();
    let version = form.hidden("version").unwrap_or_default();
    let code = code(platform).await?;
    let optional = form.text.matches("name=\"purpose\"").count();
    let send = async |visitor: &mut Visitor, code: &str, more: &[(&str, &str)]| {
        let mut fields = vec![
            ("act", "open"),
            ("address", ADDRESS),
            ("request", request.as_str()),
            ("version", version.as_str()),
            ("code", code),
        ];
        fields.extend(more);
        visitor.post(REGISTER, &fields).await
    };
    let silent = send(visitor, &code, &[]).await?;
    found.note(
        ClauseId::r(0),
        (
            "未明示接受声明者不能注册；可选目的逐项列出，无一预先勾选",
            "nobody registered without accepting the statement expressly, and no optional purpose was ticked beforehand",
        ),
        silent.is_refused() && optional > 0 && !form.text.contains(" checked"),
    );
    let weak = [("accept", "yes"), ("password", "passwordpassword")];
    let weak = send(visitor, &code, &weak).await?;
    found.note(
        ClauseId::r(24),
        (
            "弱密码连同理由被拒绝",
            "a weak password was refused with its reason",
        ),
        weak.is_refused() && weak.text.contains("register-password-wrong"),
    );
    let accepts = [("accept", "yes"), ("password", PASSWORD)];
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let wrong = send(visitor, wrong, &accepts).await?;
    let right = send(visitor, &code, &accepts).await?;
    let mut other = Visitor::before(yuntu_web::router(platform.clone()));
    other.get(REGISTER).await?;
    let again = send(&mut other, &code, &accepts).await?;
    found.note(
        ClauseId::r(2),
        (
            "错误的验证码与用过的验证码被拒绝，正确的只能用一次",
            "a wrong code and a used one were refused, and the right one worked once",
        ),
        refused(&wrong) && right.leads_on() && refused(&again),
    );
    Ok(())
}

/// Begins the certification of an enterprise, and types a code whose check character is wrong.
async fn certification(visitor: &mut Visitor, found: &mut Found) -> Result<(), DemoError> {
    visitor.get("/account/seats?lang=en").await?;
    let create = [
        ("act", "create"),
        ("name", "Kettle Works"),
        ("industry", "retail"),
    ];
    let created = visitor.post("/account/seats?lang=en", &create).await?;
    visitor.get(CERTIFICATION).await?;
    visitor.post(CERTIFICATION, &[("act", "begin")]).await?;
    let form = visitor.get(CERTIFICATION).await?;
    let application = form.hidden("application").unwrap_or_default();
    let fields = [
        ("act", "save"),
        ("application", application.as_str()),
        ("enterprise_name", "Kettle Works Limited"),
        ("credit_code", "91350100M000100Y44"),
    ];
    let wrong = visitor.post(CERTIFICATION, &fields).await?;
    found.note(
        ClauseId::u(1),
        (
            "校验码错误的统一社会信用代码被指明字段拒绝，其余所填保留",
            "a credit code with a wrong check character was refused at its field, and the rest of the form was kept",
        ),
        created.leads_on()
            && wrong.is_refused()
            && wrong.text.contains("credit_code-wrong")
            && wrong.text.contains("Kettle Works Limited"),
    );
    found.note(
        ClauseId::u(1),
        (
            "没有有效的影响评估时，表单不收集身份证号与银行账户",
            "without an impact assessment in force the form asks for no identity number and no bank account",
        ),
        form.is_shown()
            && !application.is_empty()
            && !form.text.contains("name=\"id_number\"")
            && !form.text.contains("name=\"bank_account\""),
    );
    Ok(())
}

/// A letter of authorisation that ends while somebody instructs.
async fn authority(platform: &Platform, found: &mut Found) -> Result<(), DemoError> {
    let ends = Timestamp::from_micros(platform.now().as_micros() + LETTER_MICROS);
    let owner = "letter@prove.example";
    let caller = install::enrol_until(platform, "Letter Works", owner, Lang::En, ends).await?;
    let dataset = platform
        .create_dataset(&caller, "people", &mappings::people())
        .await?;
    let period = Period {
        from: platform.now(),
        until: platform.now().plus_days(30),
    };
    let instruct = || install::instruct(platform, &caller, &["service"], vec![dataset], period);
    let before = instruct().await;
    while platform.now() < ends {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let after = instruct().await;
    let by_letter = match &after {
        Err(DemoError::App(AppError::Refused(refusal))) => refusal
            .reasons()
            .any(|reason| reason.clause() == ClauseId::r(3)),
        Ok(_) | Err(_) => false,
    };
    found.note(
        ClauseId::r(3),
        (
            "授权函件到期的同一刻，其持有人不能再下达指示",
            "the moment a letter of authorisation ended, its holder could instruct no more",
        ),
        before.is_ok() && by_letter,
    );
    Ok(())
}

/// What somebody who is signed in sees of herself, and what she does not see.
async fn inside(visitor: &mut Visitor, found: &mut Found) -> Result<(), DemoError> {
    let log = visitor.get("/account/log?lang=en").await?;
    found.note(
        ClauseId::r(1),
        (
            "本人在隐私中心看到自己的操作（包括为企业所做的）",
            "the person found her acts in the privacy centre, those for her enterprise among them",
        ),
        log.is_shown()
            && [
                "Opened the account",
                "Created an enterprise",
                "Began an application",
            ]
            .iter()
            .all(|act| log.text.contains(act)),
    );
    let centre = visitor.get("/account?lang=en").await?;
    let operators = visitor.get("/operator?lang=en").await?;
    found.note(
        ClauseId::r(23),
        (
            "企业代表的会话打不开运营方的页面",
            "the session of a representative opened no page of the operators",
        ),
        centre.is_shown() && !operators.is_shown(),
    );
    Ok(())
}

fn refused(page: &Shown) -> bool {
    page.is_refused() && page.set.iter().all(|it| !it.starts_with("__Host-session="))
}

/// An address with an account and one without.
async fn alike(visitor: &mut Visitor, found: &mut Found) -> Result<(), DemoError> {
    let mut answers = Vec::new();
    for address in [ADDRESS, NOBODY] {
        let fields = [
            ("act", "password"),
            ("address", address),
            ("password", "quartz meadow anvil seven"),
        ];
        let page = visitor.post(SIGN_IN, &fields).await?;
        let mark = page.hidden("mark").unwrap_or_default();
        answers.push((
            page.is_refused(),
            page.text.replace(address, "").replace(&mark, ""),
        ));
    }
    found.note(
        ClauseId::r(2),
        (
            "已注册与未注册的地址得到同样的答复",
            "an address with an account and one without were answered alike",
        ),
        matches!(answers.as_slice(), [one, other] if one == other && one.0),
    );
    Ok(())
}

/// The right password after failures, in a browser that the account does not know and in hers.
async fn strange_browser(
    platform: &Platform,
    visitor: &mut Visitor,
    found: &mut Found,
) -> Result<(), DemoError> {
    let mut stranger = Visitor::before(yuntu_web::router(platform.clone()));
    stranger.get(SIGN_IN).await?;
    let with = |password| {
        [
            ("act", "password"),
            ("address", ADDRESS),
            ("password", password),
        ]
    };
    let mut failed = true;
    for _ in 0..ADDRESS_FAILURES {
        let guess = with("quartz meadow anvil seven");
        failed &= stranger.post(SIGN_IN, &guess).await?.is_refused();
    }
    let held = stranger.post(SIGN_IN, &with(PASSWORD)).await?;
    let entered = held.set.iter().any(|it| it.starts_with("__Host-session="));
    let hers = visitor.post(SIGN_IN, &with(PASSWORD)).await?;
    let log = visitor.get("/account/log?lang=en").await?;
    found.note(
        ClauseId::r(9),
        (
            "多次失败之后，陌生浏览器中正确的密码也不足以登录，还须验证码；本人熟悉的浏览器照常登录，本人的记录写明了此事",
            "after failures the right password alone opened nothing in a strange browser, where a code is asked for as well; it did in the owner's own, and her log tells of it",
        ),
        failed
            && !entered
            && held.text.contains("One more proof")
            && hers.leads_on()
            && log.text.contains("held after failures"),
    );
    Ok(())
}

/// The calendar of audits, training and exercises of an installation that has just begun.
async fn duties(
    platform: &Platform,
    visitor: &mut Visitor,
    found: &mut Found,
) -> Result<(), DemoError> {
    let state = platform.duties_state().await?;
    let promised = &platform.statement().commitments().assessments;
    let in_time = DutyKind::ALL.iter().all(|kind| {
        let duty = state.duties.iter().find(|duty| duty.kind == *kind);
        let months = match kind {
            DutyKind::ComplianceAudit => promised.audit_months_max,
            DutyKind::MinorsAudit | DutyKind::Training | DutyKind::EmergencyDrill => 12,
        };
        let latest = platform.now().day_end_after_months(months);
        duty.is_some_and(|duty| duty.months <= months && duty.due <= latest)
    });
    let page = visitor.get("/operator/duties?lang=en").await?;
    found.note(
        ClauseId::r(23),
        (
            "合规审计、未成年人审计、培训与演练的期限均已按法律、声明和现有人数排定，企业代表打不开这一页",
            "audits, the audit of minors' data, training and exercises are due as the law and the statement ask, by the number of persons there are, and no representative opens their page",
        ),
        in_time && state.persons > 0 && !state.alarm() && !page.is_shown(),
    );
    Ok(())
}

/// What the site keeps in a browser, and that it goes.
async fn cookies(
    platform: &Platform,
    visitor: &mut Visitor,
    found: &mut Found,
) -> Result<(), DemoError> {
    let declared = visitor.set.iter().all(|cookie| {
        let name = cookie.split('=').next().unwrap_or_default();
        platform.statement().cookie(name).is_some()
            && name.starts_with("__Host-")
            && cookie.contains("; Secure")
    });
    found.note(
        ClauseId::r(9),
        (
            "本次访问收到的每个 Cookie 都在声明中列明，带 __Host- 前缀与 Secure",
            "every cookie of this visit was declared in the statement, and bound to the host and to TLS",
        ),
        declared && !visitor.set.is_empty(),
    );
    visitor.plant("left_by_somebody", "1");
    visitor.get("/cookies?lang=en").await?;
    let cleared = visitor
        .post("/cookies?lang=en", &[("act", "clear")])
        .await?;
    let gone = |name: &str| {
        let mut removed = cleared.set.iter();
        removed.any(|it| it.starts_with(&format!("{name}=")) && it.contains("Max-Age=0"))
    };
    let after = visitor.get("/account?lang=en").await?;
    found.note(
        ClauseId::r(12),
        (
            "立即清除移除了不必要的 Cookie，登录不受影响",
            "clearing now removed what is not necessary and left the sign-in alone",
        ),
        gone("left_by_somebody") && !gone("__Host-session") && after.is_shown(),
    );
    Ok(())
}

/// Reads the newest code where messages wait that cannot leave.
async fn code(platform: &Platform) -> Result<String, DemoError> {
    let waiting = platform.local_messages(LooksFrom::CommandLine).await?;
    let text = waiting
        .first()
        .and_then(|it| it.open(|letter| letter.text.clone()));
    let text = text.unwrap_or_default();
    let mut words = text.split(|sign: char| !sign.is_ascii_alphanumeric());
    let is_code = |it: &&str| it.len() == 6 && it.bytes().all(|byte| byte.is_ascii_digit());
    words
        .find(is_code)
        .map(str::to_owned)
        .ok_or_else(|| DemoError::Broken("no code came"))
}
