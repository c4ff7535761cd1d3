//! How each file becomes a dataset: the roles and classes that a person would confirm.

use yuntu_app::lake::{
    ColumnMapping, ColumnRole, ColumnType, DatasetKind, Encoding, IdentifierForm, IdentifierKind,
    Mapping, SourceFormat, TimeFormat,
};
use yuntu_terms::ColumnClass;

const PERSONAL: ColumnClass = ColumnClass::Personal;
const FREE: ColumnClass = ColumnClass::NonPersonal;

/// People and what is known of them; the addresses stay outside the lake but as keyed hashes.
pub(crate) fn people() -> Mapping {
    let attribute = |name| {
        column(
            name,
            name,
            ColumnRole::Attribute,
            PERSONAL,
            ColumnType::Text,
        )
    };
    let columns = vec![
        kept("member_id", IdentifierKind::MemberId),
        identifier("email", IdentifierKind::Email, ColumnType::Text),
        attribute("age"),
        attribute("income"),
        attribute("home"),
        attribute("household_size"),
        attribute("kids"),
        ignored("under_14", ColumnType::Text),
    ];
    let csv = SourceFormat::Csv {
        delimiter: b',',
        header: true,
        encoding: Encoding::Utf8,
    };
    mapping(csv, DatasetKind::Persons, columns)
}

/// Contacts of campaigns with people.
pub(crate) fn contacts() -> Mapping {
    let columns = vec![
        member("member_id", ColumnType::Text),
        column(
            "event",
            "event",
            ColumnRole::EventType,
            PERSONAL,
            ColumnType::Text,
        ),
        column(
            "campaign_id",
            "campaign",
            ColumnRole::Property,
            PERSONAL,
            ColumnType::Int,
        ),
        column(
            "campaign_type",
            "campaign_type",
            ColumnRole::Property,
            FREE,
            ColumnType::Text,
        ),
        column(
            "contacted_at",
            "at",
            ColumnRole::EventTime,
            PERSONAL,
            ColumnType::Timestamp,
        ),
    ];
    mapping(SourceFormat::Ndjson, DatasetKind::Persons, columns)
}

/// Coupons that people redeemed.
pub(crate) fn redemptions() -> Mapping {
    let columns = vec![
        member("household_id", ColumnType::Int),
        column(
            "coupon_upc",
            "coupon",
            ColumnRole::Property,
            PERSONAL,
            ColumnType::Int,
        ),
        column(
            "campaign_id",
            "campaign",
            ColumnRole::Property,
            PERSONAL,
            ColumnType::Int,
        ),
        column(
            "redemption_date",
            "at",
            ColumnRole::EventTime,
            PERSONAL,
            ColumnType::Timestamp,
        ),
    ];
    mapping(SourceFormat::Parquet, DatasetKind::Persons, columns)
}

/// Lines of purchases.
pub(crate) fn purchases() -> Mapping {
    let property = |source, name, kind| column(source, name, ColumnRole::Property, PERSONAL, kind);
    let columns = vec![
        member("household_id", ColumnType::Int),
        property("store_id", "store", ColumnType::Int),
        property("basket_id", "basket", ColumnType::Int),
        property("product_id", "product", ColumnType::Int),
        property("quantity", "quantity", ColumnType::Int),
        property("sales_value", "amount", ColumnType::Float),
        ignored("retail_disc", ColumnType::Float),
        ignored("coupon_disc", ColumnType::Float),
        ignored("coupon_match_disc", ColumnType::Float),
        property("week", "week", ColumnType::Int),
        column(
            "transaction_timestamp",
            "at",
            ColumnRole::EventTime,
            PERSONAL,
            ColumnType::Timestamp,
        ),
    ];
    mapping(SourceFormat::Parquet, DatasetKind::Persons, columns)
}

/// The list of products.
pub(crate) fn products() -> Mapping {
    let text = |source, name| column(source, name, ColumnRole::Attribute, FREE, ColumnType::Text);
    let columns = vec![
        column(
            "product_id",
            "product",
            ColumnRole::Attribute,
            FREE,
            ColumnType::Int,
        ),
        column(
            "manufacturer_id",
            "manufacturer",
            ColumnRole::Attribute,
            FREE,
            ColumnType::Int,
        ),
        text("department", "department"),
        text("brand", "brand"),
        text("product_category", "category"),
        ignored("product_type", ColumnType::Text),
        ignored("package_size", ColumnType::Text),
    ];
    mapping(SourceFormat::Parquet, DatasetKind::Lookup, columns)
}

/// Which coupon is for which product in which campaign.
pub(crate) fn coupons() -> Mapping {
    let number = |source, name| column(source, name, ColumnRole::Attribute, FREE, ColumnType::Int);
    let columns = vec![
        number("coupon_upc", "coupon"),
        number("product_id", "product"),
        number("campaign_id", "campaign"),
    ];
    mapping(SourceFormat::Parquet, DatasetKind::Lookup, columns)
}

/// Which product was on display or in the mailer, by store and week.
pub(crate) fn promotions() -> Mapping {
    let columns = vec![
        column(
            "product_id",
            "product",
            ColumnRole::Attribute,
            FREE,
            ColumnType::Int,
        ),
        column(
            "store_id",
            "store",
            ColumnRole::Attribute,
            FREE,
            ColumnType::Int,
        ),
        column(
            "display_location",
            "display",
            ColumnRole::Attribute,
            FREE,
            ColumnType::Text,
        ),
        column(
            "mailer_location",
            "mailer",
            ColumnRole::Attribute,
            FREE,
            ColumnType::Text,
        ),
        column("week", "week", ColumnRole::Attribute, FREE, ColumnType::Int),
    ];
    mapping(SourceFormat::Parquet, DatasetKind::Lookup, columns)
}

fn mapping(source: SourceFormat, kind: DatasetKind, columns: Vec<ColumnMapping>) -> Mapping {
    Mapping {
        source,
        kind,
        columns,
        time_zone: String::from("UTC"),
        nulls: Vec::new(),
        consents: Vec::new(),
    }
}

fn member(source: &str, kind: ColumnType) -> ColumnMapping {
    identifier(source, IdentifierKind::MemberId, kind)
}

/// An identifier that is kept sealed, so that the enterprise can be told whom to ask for consent.
fn kept(source: &str, kind: IdentifierKind) -> ColumnMapping {
    let mut column = identifier(source, kind, ColumnType::Text);
    if let ColumnRole::Identifier { keep_original, .. } = &mut column.role {
        *keep_original = true;
    }
    column
}

fn identifier(source: &str, kind: IdentifierKind, column_type: ColumnType) -> ColumnMapping {
    let role = ColumnRole::Identifier {
        kind,
        form: IdentifierForm::Plain,
        keep_original: false,
    };
    column(source, source, role, ColumnClass::Identifier, column_type)
}

fn ignored(source: &str, kind: ColumnType) -> ColumnMapping {
    column(source, source, ColumnRole::Ignored, FREE, kind)
}

fn column(
    source: &str,
    name: &str,
    role: ColumnRole,
    class: ColumnClass,
    column_type: ColumnType,
) -> ColumnMapping {
    ColumnMapping {
        source: source.to_owned(),
        name: name.to_owned(),
        role,
        class,
        column_type,
        time_format: TimeFormat::Iso,
    }
}
