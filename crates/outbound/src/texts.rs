//! What the messages say, in both languages beside each other.
//!
//! A subject is a constant: nothing that anybody typed reaches it, and a locked screen shows no code.

mod endings;
mod help;
mod measures;
mod sms;

use jiff::tz::{Offset, TimeZone};
use yuntu_terms::{Lang, Timestamp};
use zeroize::Zeroize;

use crate::notice::{
    Asks, CertificationNews, CodeUse, FactorNews, Notice, ShownFirst, StandingNews, Told,
};
use crate::recipient::Medium;
use crate::words::{Code, Line, Link};
use endings::{duty_due, paper_ending};

/// The hours by which the clocks of the mainland are ahead of UTC; they have no summer time.
const BEIJING_HOURS: i8 = 8;

/// A mail before it is set as plain text and as a page.
pub(crate) struct Draft {
    pub(crate) subject: &'static str,
    pub(crate) parts: Vec<Part>,
}

/// A paragraph.
pub(crate) enum Part {
    Text(String),
    Code(String),
    Link(String),
}

impl Draft {
    fn new(subject: &'static str) -> Self {
        Self {
            subject,
            parts: Vec::new(),
        }
    }

    fn say(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    fn code(mut self, code: &Code) -> Self {
        self.parts.push(Part::Code(code.as_str().to_owned()));
        self
    }

    fn link(mut self, link: &Link) -> Self {
        self.parts.push(Part::Link(link.as_str().to_owned()));
        self
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for Part::Text(words) | Part::Code(words) | Part::Link(words) in &self.parts {
            text.push_str(words);
            text.push_str("\n\n");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        for Part::Text(words) | Part::Code(words) | Part::Link(words) in &mut self.parts {
            words.zeroize();
        }
    }
}

/// Writes a moment as the clocks of the mainland show it.
pub(crate) fn moment(at: Timestamp, lang: Lang) -> String {
    let zone = TimeZone::fixed(Offset::constant(BEIJING_HOURS));
    let local = at.to_jiff().to_zoned_datetime(zone);
    let format = lang.pick(
        "%Y年%-m月%-d日 %H:%M（北京时间）",
        "%-d %B %Y, %H:%M (Beijing time, UTC+8)",
    );
    local.strftime(format).to_string()
}

/// Drafts the mail of a notice.
pub(crate) fn mail(notice: &Notice, lang: Lang) -> Draft {
    let draft = match notice {
        Notice::Code { usage, code, .. } => code_mail(*usage, code, lang),
        Notice::AccountExists { at } => account_exists(*at, lang),
        Notice::ContactChanged { contact, told, at } => contact_changed(*contact, *told, *at, lang),
        Notice::PasswordChanged { at } => password_changed(*at, lang),
        Notice::FactorChanged { news, at } => factor_changed(*news, *at, lang),
        Notice::NewSignIn { device, at } => new_sign_in(device, *at, lang),
        Notice::SignInHeld { shown, device, at } => sign_in_held(*shown, device, *at, lang),
        Notice::Invitation {
            enterprise,
            inviter,
            link,
            expires_at,
        } => invitation(enterprise, inviter, link, *expires_at, lang),
        Notice::CertificationChanged {
            enterprise,
            news,
            link,
        } => certification_changed(enterprise, *news, link, lang),
        Notice::StandingChanged {
            news,
            contact,
            link,
            at,
        } => standing_changed(*news, contact, link, *at, lang),
        Notice::ReportAnswered { link, at } => report_answered(link, *at, lang),
        Notice::PaperEnding {
            enterprise,
            paper,
            news,
            ends_at,
            link,
        } => paper_ending(enterprise, (*paper, *news), *ends_at, link.as_ref(), lang),
        Notice::DutyDue {
            duty,
            news,
            due_at,
            link,
        } => duty_due((*duty, *news), *due_at, link.as_ref(), lang),
        Notice::OperatorAdded { link, expires_at } => operator_added(link, *expires_at, lang),
        Notice::MeasureNews {
            enterprise,
            news,
            at,
            link,
        } => measures::measure_news(enterprise, *news, *at, link.as_ref(), lang),
        Notice::HelpNews {
            enterprise,
            news,
            at,
            link,
        } => help::help_news(enterprise, *news, *at, link.as_ref(), lang),
        Notice::StatementChanged {
            version,
            asks,
            effective_at,
            link,
        } => statement_changed(version, *asks, *effective_at, link, lang),
    };
    draft.say(lang.pick(
        "此邮件由云图自动发出，回复无人阅读。",
        "Yuntu sent this mail automatically; nobody reads replies to it.",
    ))
}

fn code_mail(usage: CodeUse, code: &Code, lang: Lang) -> Draft {
    let what = match usage {
        CodeUse::SignUp => lang.pick(
            "有人正在用此邮箱注册云图，验证码为：",
            "This address is being used to sign up to Yuntu. The code is:",
        ),
        CodeUse::SignIn => lang.pick(
            "有人正在登录与此邮箱关联的云图帐号，验证码为：",
            "Somebody is signing in to the Yuntu account of this address. The code is:",
        ),
        CodeUse::Recover => lang.pick(
            "有人正在找回与此邮箱关联的云图帐号，验证码为：",
            "Somebody is recovering the Yuntu account of this address. The code is:",
        ),
        CodeUse::NewContact => lang.pick(
            "有人正在把此邮箱设为云图帐号的联系方式，验证码为：",
            "Somebody is making this address the contact of a Yuntu account. The code is:",
        ),
    };
    Draft::new(lang.pick("云图验证码", "Your Yuntu code"))
        .say(what)
        .code(code)
        .say(lang.pick(
            "验证码自申请起 5 分钟内有效，只能使用一次。",
            "It is valid for 5 minutes from the request, and once only.",
        ))
        .say(lang.pick(
            "我们的任何人员都不会向您索要验证码，请勿告诉他人。",
            "Nobody from us will ever ask you for it. Do not pass it on.",
        ))
        .say(lang.pick(
            "如非本人操作，不必理会：没有验证码，什么都不会改变。",
            "If it was not you, do nothing: without the code, nothing changes.",
        ))
}

fn account_exists(at: Timestamp, lang: Lang) -> Draft {
    let time = moment(at, lang);
    Draft::new(lang.pick(
        "此邮箱已有云图帐号",
        "This address has a Yuntu account already",
    ))
    .say(lang.pick(
        format!("有人于 {time} 想用此邮箱注册云图或把它设为联系方式，但它已属于一个云图帐号，所以没有验证码。"),
        format!(
            "On {time} somebody wanted to sign up to Yuntu with this address, or to make it a contact. It belongs to an account already, so there is no code."
        ),
    ))
    .say(lang.pick(
        "如果是您本人，请直接用此邮箱登录。",
        "If it was you, sign in with this address instead.",
    ))
    .say(lang.pick(
        "如非本人操作，不必理会：什么都没有改变。",
        "If it was not you, do nothing: nothing has changed.",
    ))
}

fn contact_changed(contact: Medium, told: Told, at: Timestamp, lang: Lang) -> Draft {
    let what = match contact {
        Medium::Mail => lang.pick("邮箱", "mail address"),
        Medium::Sms => lang.pick("手机号", "phone number"),
    };
    let time = moment(at, lang);
    let changed = lang.pick(
        format!("您的云图帐号的{what}已于 {time} 更换。"),
        format!("The {what} of your Yuntu account was changed on {time}."),
    );
    let place = match told {
        Told::Old => lang.pick(
            "我们发到您原来的联系方式，因为它从此不能再用来登录。",
            "We write to your old contact, because it no longer opens the account.",
        ),
        Told::New => lang.pick(
            "我们发到您新的联系方式，今后的通知都会发到这里。",
            "We write to your new contact, where notices will come from now on.",
        ),
    };
    Draft::new(lang.pick(
        "您的云图帐号联系方式已更换",
        "The contact of your Yuntu account was changed",
    ))
    .say(changed)
    .say(place)
    .say(not_you(lang))
}

fn password_changed(at: Timestamp, lang: Lang) -> Draft {
    let time = moment(at, lang);
    Draft::new(lang.pick(
        "您的云图帐号密码已更改",
        "The password of your Yuntu account was changed",
    ))
    .say(lang.pick(
        format!("您的云图帐号密码已于 {time} 更改。"),
        format!("The password of your Yuntu account was changed on {time}."),
    ))
    .say(not_you(lang))
}

fn factor_changed(news: FactorNews, at: Timestamp, lang: Lang) -> Draft {
    let time = moment(at, lang);
    let what = match news {
        FactorNews::Added => lang.pick(
            format!("您的云图帐号已于 {time} 新增一种第二验证方式（验证器或通行密钥）。"),
            format!("A second factor, an authenticator or a passkey, was added to your Yuntu account on {time}."),
        ),
        FactorNews::Removed => lang.pick(
            format!("您的云图帐号已于 {time} 移除一种第二验证方式（验证器或通行密钥）。"),
            format!("A second factor, an authenticator or a passkey, was removed from your Yuntu account on {time}."),
        ),
        FactorNews::CodesReplaced => lang.pick(
            format!("您的云图帐号已于 {time} 重新生成恢复码，旧的恢复码全部失效。"),
            format!("The recovery codes of your Yuntu account were made anew on {time}; the old ones no longer work."),
        ),
        FactorNews::CodeUsed => lang.pick(
            format!("您的云图帐号已于 {time} 使用了一个恢复码。"),
            format!("A recovery code of your Yuntu account was used on {time}."),
        ),
    };
    Draft::new(lang.pick(
        "您的云图帐号第二验证方式有变化",
        "The second factors of your Yuntu account",
    ))
    .say(what)
    .say(not_you(lang))
}

fn new_sign_in(device: &Line, at: Timestamp, lang: Lang) -> Draft {
    let (device, time) = (device.as_str(), moment(at, lang));
    Draft::new(lang.pick(
        "您的云图帐号在新设备上登录",
        "Your Yuntu account was signed in to from a new device",
    ))
    .say(lang.pick(
        format!("您的云图帐号于 {time} 在一台从未用过的设备上登录。"),
        format!(
            "Your Yuntu account was signed in to on {time} from a device that it had not seen before."
        ),
    ))
    .say(lang.pick(
        format!("设备自称：{device}"),
        format!("What the device says of itself: {device}"),
    ))
    .say(not_you(lang))
}

fn sign_in_held(shown: ShownFirst, device: &Line, at: Timestamp, lang: Lang) -> Draft {
    let (device, time) = (device.as_str(), moment(at, lang));
    let (what, remedy) = match shown {
        ShownFirst::Password => (
            lang.pick(
                format!("有人于 {time} 在一台从未用过的设备上，用正确的密码登录您的云图帐号。此前有多次失败的登录，所以我们还要求输入发往您邮箱或手机的验证码；在此之前，对方没有进入。"),
                format!("On {time} somebody gave the right password of your Yuntu account on a device that it had not seen before. There had been failed sign-ins, so we also asked for a code that goes to your mail address or phone; without it nobody got in."),
            ),
            lang.pick(
                "如非本人操作，您的密码已被他人知晓：请立即登录云图更改密码，不要把验证码告诉任何人。",
                "If it was not you, others know your password: sign in to Yuntu at once and change it, and do not pass the code on to anybody.",
            ),
        ),
        ShownFirst::Code => (
            lang.pick(
                format!("有人于 {time} 在一台从未用过的设备上，用发给您的验证码登录您的云图帐号。对方所在的网络此前有许多失败的登录，所以我们还要求输入密码；在此之前，对方没有进入。"),
                format!("On {time} somebody gave a code that we had sent you to sign in to your Yuntu account, on a device that it had not seen before. There had been many failed sign-ins from the same network, so we also asked for the password; without it nobody got in."),
            ),
            lang.pick(
                "如非本人操作，他人能看到您的邮件或短信：请立即更改邮箱密码，并登录云图检查您的帐号。",
                "If it was not you, others can read your mail or text messages: change the password of your mailbox at once, and look at your account on Yuntu.",
            ),
        ),
    };
    Draft::new(lang.pick(
        "您的云图帐号有一次登录被拦下",
        "A sign-in to your Yuntu account was held",
    ))
    .say(what)
    .say(lang.pick(
        format!("设备自称：{device}"),
        format!("What the device says of itself: {device}"),
    ))
    .say(remedy)
}

fn not_you(lang: Lang) -> &'static str {
    lang.pick(
        "如非本人操作，请立即登录云图，更改密码并结束其他会话；无法登录时请找回帐号。",
        "If it was not you, sign in to Yuntu at once, change the password and end the other sessions; if you cannot sign in, recover the account.",
    )
}

fn invitation(
    enterprise: &Line,
    inviter: &Line,
    link: &Link,
    expires_at: Timestamp,
    lang: Lang,
) -> Draft {
    let (enterprise, inviter) = (enterprise.as_str(), inviter.as_str());
    let time = moment(expires_at, lang);
    Draft::new(lang.pick("云图邀请", "An invitation to Yuntu"))
        .say(lang.pick(
            format!("“{inviter}”邀请您在云图代表“{enterprise}”行事。这两个名称由对方填写。"),
            format!(
                "“{inviter}” invites you to act for “{enterprise}” on Yuntu. Both names are as they wrote them."
            ),
        ))
        .say(lang.pick(
            format!("如您愿意，请在 {time} 前打开："),
            format!("If you wish to, open this before {time}:"),
        ))
        .link(link)
        .say(lang.pick(
            "如您不认识对方，不必理会：不接受，就不会有帐号，邀请到期即失效。",
            "If you do not know them, do nothing: unless you accept there is no account, and the invitation ends by itself.",
        ))
}

fn operator_added(link: &Link, expires_at: Timestamp, lang: Lang) -> Draft {
    let time = moment(expires_at, lang);
    Draft::new(lang.pick(
        "您已成为云图的运营人员",
        "You were made an operator of Yuntu",
    ))
    .say(lang.pick(
        format!("两名运营人员已同意由您担任云图的运营人员。请在 {time} 前打开以下链接，设置密码和第二验证方式："),
        format!("Two operators agreed that you become an operator of Yuntu. Open this before {time} to choose a password and a second factor:"),
    ))
    .link(link)
    .say(lang.pick(
        "链接只发给您，只能使用一次。请勿转发：谁打开它，谁就成为运营人员；同事也不需要它。",
        "The link goes to you alone and works once. Do not pass it on: whoever opens it becomes the operator, and no colleague needs it.",
    ))
    .say(lang.pick(
        "如您对此不知情，请勿打开，并告知云图的运营人员。",
        "If you know nothing of this, do not open it, and tell the operators of Yuntu.",
    ))
}

fn certification_changed(
    enterprise: &Line,
    news: CertificationNews,
    link: &Link,
    lang: Lang,
) -> Draft {
    let name = enterprise.as_str();
    let what = match news {
        CertificationNews::Submitted => lang.pick(
            format!("“{name}”的企业认证已提交，等待审核。"),
            format!("The certification of “{name}” was handed in and waits for review."),
        ),
        CertificationNews::Question => lang.pick(
            format!("审核人员对“{name}”的企业认证有疑问，请答复。"),
            format!("The reviewer has a question about the certification of “{name}”."),
        ),
        CertificationNews::Approved => lang.pick(
            format!("“{name}”的企业认证已通过。"),
            format!("The certification of “{name}” was approved."),
        ),
        CertificationNews::Rejected => lang.pick(
            format!("“{name}”的企业认证未通过，页面上写明了理由和补救办法。"),
            format!("The certification of “{name}” was rejected; the page gives reasons and remedies."),
        ),
        CertificationNews::Withdrawn => lang.pick(
            format!("“{name}”的企业认证申请已撤回。"),
            format!("The application of “{name}” for certification was taken back."),
        ),
        CertificationNews::Lapsed => lang.pick(
            format!("“{name}”的企业认证申请长期无人处理，已自动结束；需要时请重新申请。"),
            format!("Nobody went on with the application of “{name}” for certification, so it has ended; begin a new one when you need it."),
        ),
    };
    Draft::new(lang.pick("云图企业认证通知", "About your certification on Yuntu"))
        .say(what)
        .say(lang.pick("详情见：", "See:"))
        .link(link)
}

fn standing_changed(
    news: StandingNews,
    contact: &Line,
    link: &Link,
    at: Timestamp,
    lang: Lang,
) -> Draft {
    let (contact, time) = (contact.as_str(), moment(at, lang));
    let draft = Draft::new(lang.pick(
        "您的云图帐号状态有变化",
        "The standing of your Yuntu account",
    ));
    let draft = match news {
        StandingNews::Suspended { erased_at } => {
            let erased = moment(erased_at, lang);
            draft
                .say(lang.pick(
                    format!("有人举报您的云图帐号属于未成年人，经核实，帐号已于 {time} 停用：所有登录已结束，不能再代表任何企业行事。"),
                    format!("Your Yuntu account was reported to be a minor's and, after review, was suspended on {time}: every session has ended, and it acts for no enterprise any more."),
                ))
                .say(lang.pick(
                    format!("云图不面向未满十八周岁的人。帐号的个人信息将于 {erased} 起删除，删除后无法恢复。"),
                    format!("Yuntu is not for anyone under eighteen. The personal information of the account is erased from {erased} on and cannot be brought back afterwards."),
                ))
                .say(lang.pick(
                    format!("如您已成年，请在此之前提出异议：{contact}"),
                    format!("If you are of age, object before then: {contact}"),
                ))
        }
        StandingNews::Restored => draft
            .say(lang.pick(
                format!("您的云图帐号已于 {time} 恢复，可以照常登录；此前因举报而作的停用已撤销。"),
                format!("Your Yuntu account was restored on {time}, and you can sign in as before; the suspension that followed a report was taken back."),
            ))
            .say(lang.pick(
                format!("如有疑问，请联系：{contact}"),
                format!("If you have questions: {contact}"),
            )),
    };
    draft
        .say(lang.pick("如何提出异议、如何投诉，见：", "How to object or complain:"))
        .link(link)
}

fn report_answered(link: &Link, at: Timestamp, lang: Lang) -> Draft {
    let time = moment(at, lang);
    Draft::new(lang.pick("您的举报已有结果", "Your report was decided"))
        .say(lang.pick(
            format!("您向云图提交的未成年人帐号举报已于 {time} 作出处理。"),
            format!(
                "The report of a minor's account that you sent to Yuntu was decided on {time}."
            ),
        ))
        .say(lang.pick(
            "请用提交时得到的回执编号和查询码查看结果与理由：",
            "See the outcome and its reasons with the number and the code of your receipt:",
        ))
        .link(link)
}

fn statement_changed(
    version: &Line,
    asks: Asks,
    effective_at: Timestamp,
    link: &Link,
    lang: Lang,
) -> Draft {
    let (version, time) = (version.as_str(), moment(effective_at, lang));
    let asked = match asks {
        Asks::Nothing => lang.pick(
            "新版本没有减少您的权利，您无需做任何事。",
            "The new version reduces none of your rights; you need not do anything.",
        ),
        Asks::Consent => lang.pick(
            "新版本减少了您的某项权利，须经您明示同意。在您同意之前，对您仍适用原来的规则。",
            "The new version reduces a right of yours and needs your express consent. Until you give it, the earlier rules go on for you.",
        ),
    };
    Draft::new(lang.pick(
        "云图隐私声明有新版本",
        "A new version of the Yuntu privacy statement",
    ))
    .say(lang.pick(
        format!("隐私声明 {version} 版已发布，将于 {time} 生效。"),
        format!(
            "Version {version} of the privacy statement was published and takes effect on {time}."
        ),
    ))
    .say(asked)
    .say(lang.pick("全文和新旧对照见：", "The full text and the changes:"))
    .link(link)
}
