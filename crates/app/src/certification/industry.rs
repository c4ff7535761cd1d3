use yuntu_terms::Text;

/// The industries to choose from: the sections of GB/T 4754, each with a stable code.
const INDUSTRIES: [(&str, &str, &str); 20] = [
    (
        "agriculture",
        "农、林、牧、渔业",
        "Agriculture, forestry and fishing",
    ),
    ("mining", "采矿业", "Mining"),
    ("manufacturing", "制造业", "Manufacturing"),
    (
        "utilities",
        "电力、热力、燃气及水生产和供应业",
        "Electricity, heat, gas and water",
    ),
    ("construction", "建筑业", "Construction"),
    ("retail", "批发和零售业", "Wholesale and retail"),
    (
        "transport",
        "交通运输、仓储和邮政业",
        "Transport, storage and post",
    ),
    ("hospitality", "住宿和餐饮业", "Hotels and catering"),
    (
        "information",
        "信息传输、软件和信息技术服务业",
        "Information and software",
    ),
    ("finance", "金融业", "Finance"),
    ("real_estate", "房地产业", "Real estate"),
    (
        "business_services",
        "租赁和商务服务业",
        "Leasing and business services",
    ),
    (
        "science",
        "科学研究和技术服务业",
        "Science and technical services",
    ),
    (
        "environment",
        "水利、环境和公共设施管理业",
        "Water, environment and public facilities",
    ),
    (
        "household_services",
        "居民服务、修理和其他服务业",
        "Household services and repair",
    ),
    ("education", "教育", "Education"),
    ("health", "卫生和社会工作", "Health and social work"),
    (
        "culture",
        "文化、体育和娱乐业",
        "Culture, sports and entertainment",
    ),
    (
        "public",
        "公共管理、社会保障和社会组织",
        "Public administration and social organisations",
    ),
    ("international", "国际组织", "International organisations"),
];

/// Lists the industries to choose from, by code and name.
///
/// # Clause
/// R3
pub fn industries() -> impl Iterator<Item = (&'static str, Text)> {
    INDUSTRIES
        .iter()
        .map(|(code, zh, en)| (*code, Text::new(*zh, *en)))
}

/// Finds the industry with this code.
pub(super) fn known(code: &str) -> Option<&'static str> {
    let found = INDUSTRIES.iter().find(|(known, ..)| *known == code);
    found.map(|(known, ..)| *known)
}
