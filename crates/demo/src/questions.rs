//! What the demo asks: three audiences, the stages of one brand, and the profile.

use std::collections::BTreeMap;

use yuntu_app::engine::{Audience, Behaviour, Condition, StageRule, StageRules};
use yuntu_terms::{RelationStage, Text, Timestamp};

/// The brand whose relation with people is measured: a manufacturer's products of one category.
pub(crate) const CATEGORY: &str = "COFFEE";
pub(crate) const MANUFACTURER: i64 = 69;

/// The campaign whose silent contacts are an audience.
pub(crate) const CAMPAIGN: i64 = 18;

/// The name under which runs hold the stage rules.
pub(crate) const RULES: &str = "brand";

/// The moment at the end of week 52; 182 days before it week 27 begins, so the two halves of the year are weeks 1–26 and 27–52.
pub(crate) fn end_of_year() -> Timestamp {
    Timestamp::from_micros(1_514_174_400_000_000)
}

/// The moment between the two halves.
pub(crate) fn mid_year() -> Timestamp {
    end_of_year().plus_days(-182)
}

/// An audience of the demo: its name, what it says, the rule.
pub(crate) struct Asked {
    pub(crate) name: Text,
    pub(crate) rule: Text,
    pub(crate) audience: Audience,
}

/// The short names of the audiences in queries, in the order of [`audiences`].
pub(crate) const KEYS: [&str; 3] = ["silent", "loyal", "families"];

/// The audience whose profile is drawn: the one that is large enough for an index of its groups.
pub(crate) const PROFILED: &str = "silent";

/// The three audiences.
pub(crate) fn audiences() -> Vec<Asked> {
    let campaign = || Some(Condition::equals("campaign", CAMPAIGN));
    let ever = yuntu_app::engine::Window::Ever;
    let contacted = Audience::did("contacts", campaign(), ever.clone(), 1);
    let redeemed = Audience::did("redemptions", campaign(), ever, 1);
    let silent = Asked {
        name: Text::new("活动 18 未核销人群", "Campaign 18, nothing redeemed"),
        rule: Text::new(
            "活动 18 触达，且未核销其优惠券",
            "contacted by campaign 18 and redeemed none of its coupons",
        ),
        audience: Audience::minus(contacted, redeemed),
    };
    let loyal = Asked {
        name: Text::new("品牌忠诚人群", "Loyal to the brand"),
        rule: Text::new(
            "近 182 天内 4 次及以上购买本品牌咖啡",
            "bought the brand's coffee in four baskets or more within 182 days",
        ),
        audience: Audience::sql(brand_buyers(4)),
    };
    let families = Asked {
        name: Text::new("高消费有孩家庭", "Families not loyal yet"),
        rule: Text::new(
            "近 90 天消费满 800 且有孩子，排除忠诚人群",
            "spent 800 or more within 90 days, has children, without the loyal",
        ),
        audience: Audience::minus(
            Audience::all([spent(800.0, 90), has_children()]),
            Audience::sql(brand_buyers(4)),
        ),
    };
    vec![silent, loyal, families]
}

fn has_children() -> Audience {
    let kids = ["1", "2", "3+"]
        .map(yuntu_app::engine::Value::from)
        .to_vec();
    let any = yuntu_app::engine::Test::AnyOf(kids);
    Audience::having("people", Condition::test("kids", any))
}

fn spent(amount: f64, days: u32) -> Audience {
    use yuntu_app::engine::{EventRule, Measure, Occurrence, Test, Value, Window};
    Audience::Event(EventRule {
        dataset: String::from("purchases"),
        occurrence: Occurrence::Did,
        r#where: None,
        window: Window::WithinLastDays(days),
        measure: Measure::Sum(String::from("amount")),
        is: Test::AtLeast(Value::Float(amount)),
    })
}

const WINDOW: &str = "p.at >= $as_of - INTERVAL '182 days' AND p.at < $as_of";

fn brand() -> String {
    format!("q.category = '{CATEGORY}' AND q.manufacturer = {MANUFACTURER}")
}

fn brand_buyers(baskets_min: u32) -> String {
    format!(
        "SELECT p.subject FROM purchases p JOIN products q ON p.product = q.product \
         WHERE {} AND {WINDOW} GROUP BY p.subject HAVING count(DISTINCT p.basket) >= {baskets_min}",
        brand()
    )
}

fn category_buyers() -> String {
    format!(
        "SELECT DISTINCT p.subject FROM purchases p JOIN products q ON p.product = q.product \
         WHERE q.category = '{CATEGORY}' AND {WINDOW}"
    )
}

/// The stage rules of the brand. Contact is inferred from stores and weeks with a display or a mailer, not from clicks.
#[expect(clippy::too_many_lines, reason = "a list of rules")]
pub(crate) fn rules() -> StageRules {
    let exposed = format!(
        "SELECT DISTINCT p.subject FROM purchases p \
         JOIN (SELECT DISTINCT o.store, o.week FROM promotions o \
               JOIN products q ON o.product = q.product \
               WHERE {} AND (o.display <> '0' OR o.mailer <> '0')) e \
         ON p.store = e.store AND p.week = e.week WHERE {WINDOW}",
        brand()
    );
    let offered = format!(
        "SELECT DISTINCT c.subject FROM contacts c \
         JOIN coupons k ON c.campaign = k.campaign JOIN products q ON k.product = q.product \
         WHERE {} AND c.at < $as_of",
        brand()
    );
    let redeemed = format!(
        "SELECT DISTINCT r.subject FROM redemptions r \
         JOIN coupons k ON r.coupon = k.coupon JOIN products q ON k.product = q.product \
         WHERE {} AND r.at < $as_of",
        brand()
    );
    let offered_and_shops =
        Audience::all([Audience::sql(offered), Audience::sql(category_buyers())]);
    let behaviour = |zh: &str, en: &str, when| Behaviour {
        name: Text::new(zh, en),
        when,
    };
    let rule = |stage, behaviours| StageRule { stage, behaviours };
    StageRules {
        version: 1,
        name: Text::new("品牌咖啡 O-5A", "O-5A of the coffee brand"),
        stages: vec![
            rule(
                RelationStage::Aware,
                vec![behaviour(
                    "在本品牌有陈列或刊登的门店与周次购物",
                    "shopped a store in a week when the brand was on display or in the mailer",
                    Audience::sql(exposed),
                )],
            ),
            rule(
                RelationStage::Appeal,
                vec![behaviour(
                    "购买该品类",
                    "bought the category",
                    Audience::sql(category_buyers()),
                )],
            ),
            rule(
                RelationStage::Ask,
                vec![
                    behaviour(
                        "收到本品牌优惠券且购买该品类",
                        "was sent a coupon of the brand and bought the category",
                        offered_and_shops,
                    ),
                    behaviour(
                        "核销本品牌优惠券",
                        "redeemed a coupon of the brand",
                        Audience::sql(redeemed),
                    ),
                ],
            ),
            rule(
                RelationStage::Act,
                vec![behaviour(
                    "购买本品牌",
                    "bought the brand",
                    Audience::sql(brand_buyers(1)),
                )],
            ),
            rule(
                RelationStage::Advocate,
                vec![behaviour(
                    "四次及以上购买本品牌",
                    "bought the brand in four baskets or more",
                    Audience::sql(brand_buyers(4)),
                )],
            ),
        ],
    }
}

/// The rules under the name by which the queries know them.
pub(crate) fn named_rules() -> BTreeMap<String, StageRules> {
    BTreeMap::from([(RULES.to_owned(), rules())])
}
