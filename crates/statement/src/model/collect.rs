use serde::{Deserialize, Serialize};
use yuntu_terms::{ClauseId, ColumnClass, Purpose, Text};

use super::coded::{coded, slug};

slug! {
    /// The id of a category of data.
    CategoryId
}

coded! {
    /// Whom a category of data is about.
    About {
        Representative = "representative", "用户代表", "representative";
        Enterprise = "enterprise", "平台用户", "enterprise";
        Visitor = "visitor", "访客", "visitor";
    }
}

/// One kind of data the platform collects, and why it is asked for.
///
/// # Clause
/// R0
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// The id.
    pub id: CategoryId,
    /// The name.
    pub name: Text,
    /// Why it is asked for; shown beside the field.
    pub why: Text,
    /// How closely it is tied to a person.
    pub class: ColumnClass,
    /// Whether special protection of sensitive data applies; an identifier may be sensitive too.
    #[serde(default)]
    pub sensitive: bool,
    /// For sensitive data: why it is necessary and what a leak could do (PIPL 30).
    pub impact: Option<Text>,
    /// Whom it is about.
    pub about: About,
    /// The clause under which it is collected.
    pub clause: ClauseId,
}

/// A kind of data the platform does not collect, and why not.
///
/// # Clause
/// R5
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotCollected {
    /// The id.
    pub id: CategoryId,
    /// The name.
    pub name: Text,
    /// Why it is not collected.
    pub because: Text,
    /// The clause that says so.
    pub clause: ClauseId,
}

coded! {
    /// What a cookie is for.
    ///
    /// # Clause
    /// R9, R10, R11
    CookieCategory {
        Security = "security", "登录与安全", "sign-in and security";
        Convenience = "convenience", "便利", "convenience";
        Recommendation = "recommendation", "推荐", "recommendation";
    }
}

/// A category of cookies a person can switch.
///
/// # Clause
/// R9, R10, R11, R12
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CookieChoice {
    /// The category.
    pub category: CookieCategory,
    /// Whether the site cannot work without it; anything else is off until chosen.
    pub necessary: bool,
    /// The purpose it serves.
    pub purpose: Purpose,
    /// What it does, in words.
    pub description: Text,
    /// The clause.
    pub clause: ClauseId,
}

coded! {
    /// The `SameSite` attribute of a cookie.
    SameSite {
        Strict = "strict", "仅本站", "same site only";
        Lax = "lax", "本站及顶层跳转", "same site and top-level navigation";
    }
}

/// One cookie the server may set; it cannot set another.
///
/// # Units
/// `lifetime_seconds_max` of 0 means until the browser closes.
/// # Clause
/// R9, R12
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cookie {
    /// The name, with the `__Host-` prefix.
    pub name: String,
    /// The category.
    pub category: CookieCategory,
    /// What it is for.
    pub purpose: Text,
    /// How long the browser keeps it at most.
    pub lifetime_seconds_max: u32,
    /// Whether scripts cannot read it.
    pub http_only: bool,
    /// Whether it travels over TLS only.
    pub secure: bool,
    /// Which requests carry it.
    pub same_site: SameSite,
}
