//! The built-in generator: tables of the same shape as the published ones, drawn from a seed.
//!
//! It serves where the package cannot be fetched, and in tests. Whatever is shown on its figures says *generated data*.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use yuntu_terms::SeededEntropy;

use crate::error::DemoError;
use crate::source::{Origin, Tables};

const HOUSEHOLDS: i64 = 800;
const PRODUCTS: i64 = 240;
const STORES: i64 = 30;
const WEEKS: i64 = 52;
const CAMPAIGNS: i64 = 20;
/// 1 January 2017, the first day of the published tables, in microseconds since 1970.
const FIRST_DAY: i64 = 1_483_228_800_000_000;
const DAY: i64 = 86_400_000_000;

const AGES: [&str; 6] = ["19-24", "25-34", "35-44", "45-54", "55-64", "65+"];
const INCOMES: [&str; 4] = ["Under 15K", "25-34K", "50-74K", "100-124K"];
const CATEGORIES: [&str; 4] = ["COFFEE", "SOFT DRINKS", "CHEESE", "PAPER TOWELS"];

/// Draws the tables into a folder.
pub(crate) fn generate(folder: &Path, seed: u64) -> Result<Tables, DemoError> {
    fs::create_dir_all(folder).map_err(|e| DemoError::file(folder, e))?;
    let tables = Tables {
        folder: folder.to_owned(),
        origin: Origin::Generated,
    };
    let dice = Dice(SeededEntropy::new(seed));
    lookups(&tables, &dice)?;
    people(&tables, &dice)?;
    campaigns(&tables, &dice)?;
    purchases(&tables, &dice)?;
    Ok(tables)
}

struct Dice(SeededEntropy);

impl Dice {
    /// Draws a number from 0 to below the bound.
    fn below(&self, bound: i64) -> i64 {
        let bound = bound.max(1).unsigned_abs();
        i64::try_from(self.0.next_u64() % bound).unwrap_or(0)
    }

    fn pick<'a>(&self, choices: &[&'a str]) -> &'a str {
        let count = i64::try_from(choices.len()).unwrap_or(1);
        let index = usize::try_from(self.below(count)).unwrap_or(0);
        choices.get(index).copied().unwrap_or_default()
    }
}

fn category(product: i64) -> &'static str {
    let count = i64::try_from(CATEGORIES.len()).unwrap_or(1);
    let index = usize::try_from(product.rem_euclid(count)).unwrap_or(0);
    CATEGORIES.get(index).copied().unwrap_or_default()
}

/// Every eighth product belongs to the brand that the demo looks at.
fn manufacturer(product: i64) -> i64 {
    if product % 8 == 0 {
        69
    } else {
        100 + product % 7
    }
}

fn lookups(tables: &Tables, dice: &Dice) -> Result<(), DemoError> {
    let products: Vec<i64> = (1..=PRODUCTS).collect();
    write(
        tables,
        "products",
        vec![
            ("product_id", ints(products.iter().copied())),
            (
                "manufacturer_id",
                ints(products.iter().map(|p| manufacturer(*p))),
            ),
            ("department", texts(products.iter().map(|_| "GROCERY"))),
            ("brand", texts(products.iter().map(|_| "National"))),
            (
                "product_category",
                texts(products.iter().map(|p| category(*p))),
            ),
            ("product_type", texts(products.iter().map(|_| "ANY"))),
            ("package_size", texts(products.iter().map(|_| "12 OZ"))),
        ],
    )?;
    let rows: Vec<[i64; 3]> = (0..40_000)
        .map(|_| {
            [
                1 + dice.below(PRODUCTS),
                1 + dice.below(STORES),
                1 + dice.below(WEEKS),
            ]
        })
        .collect();
    write(
        tables,
        "promotions",
        vec![
            ("product_id", ints(rows.iter().map(|r| r[0]))),
            ("store_id", ints(rows.iter().map(|r| r[1]))),
            (
                "display_location",
                texts(rows.iter().map(|_| dice.pick(&["0", "3", "9"]))),
            ),
            (
                "mailer_location",
                texts(rows.iter().map(|_| dice.pick(&["0", "A"]))),
            ),
            ("week", ints(rows.iter().map(|r| r[2]))),
        ],
    )
}

fn people(tables: &Tables, dice: &Dice) -> Result<(), DemoError> {
    let known: Vec<i64> = (1..=HOUSEHOLDS).filter(|h| h % 3 == 0).collect();
    let draw = |choices: &[&'static str]| texts(known.iter().map(|_| dice.pick(choices)));
    write(
        tables,
        "demographics",
        vec![
            ("household_id", ints(known.iter().copied())),
            ("age", draw(&AGES)),
            ("income", draw(&INCOMES)),
            ("home_ownership", draw(&["Homeowner", "Renter"])),
            ("marital_status", draw(&["Married", "Unmarried"])),
            ("household_size", draw(&["1", "2", "3", "4"])),
            (
                "household_comp",
                draw(&["1 Adult No Kids", "2 Adults Kids"]),
            ),
            ("kids_count", draw(&["0", "1", "2"])),
        ],
    )
}

#[expect(clippy::too_many_lines, reason = "a list of columns")]
fn campaigns(tables: &Tables, dice: &Dice) -> Result<(), DemoError> {
    let ids: Vec<i64> = (1..=CAMPAIGNS).collect();
    write(
        tables,
        "campaign_descriptions",
        vec![
            ("campaign_id", ints(ids.iter().copied())),
            (
                "campaign_type",
                texts(ids.iter().map(|_| dice.pick(&["Type A", "Type B"]))),
            ),
            (
                "start_date",
                times(ids.iter().map(|c| FIRST_DAY + c * 14 * DAY)),
            ),
            (
                "end_date",
                times(ids.iter().map(|c| FIRST_DAY + (c * 14 + 30) * DAY)),
            ),
        ],
    )?;
    let contacts: Vec<[i64; 2]> = (0..4_000)
        .map(|_| [1 + dice.below(CAMPAIGNS), 1 + dice.below(HOUSEHOLDS)])
        .collect();
    write(
        tables,
        "campaigns",
        vec![
            ("campaign_id", ints(contacts.iter().map(|r| r[0]))),
            ("household_id", ints(contacts.iter().map(|r| r[1]))),
        ],
    )?;
    // One coupon a product and campaign: its number is made of both.
    let coupon = |product: i64, campaign: i64| 51_000_000_000 + product * 1_000 + campaign;
    let coupons: Vec<[i64; 2]> = (0..1_500)
        .map(|_| [1 + dice.below(PRODUCTS), 1 + dice.below(CAMPAIGNS)])
        .collect();
    write(
        tables,
        "coupons",
        vec![
            (
                "coupon_upc",
                ints(coupons.iter().map(|r| coupon(r[0], r[1]))),
            ),
            ("product_id", ints(coupons.iter().map(|r| r[0]))),
            ("campaign_id", ints(coupons.iter().map(|r| r[1]))),
        ],
    )?;
    let used: Vec<_> = contacts
        .iter()
        .step_by(4)
        .zip(coupons.iter().cycle())
        .collect();
    write(
        tables,
        "coupon_redemptions",
        vec![
            (
                "household_id",
                ints(used.iter().map(|(contact, _)| contact[1])),
            ),
            (
                "coupon_upc",
                ints(used.iter().map(|(_, c)| coupon(c[0], c[1]))),
            ),
            ("campaign_id", ints(used.iter().map(|(_, c)| c[1]))),
            (
                "redemption_date",
                times(used.iter().map(|(_, c)| FIRST_DAY + (c[1] * 14 + 9) * DAY)),
            ),
        ],
    )
}

fn purchases(tables: &Tables, dice: &Dice) -> Result<(), DemoError> {
    // Columns: household, store, basket, product, quantity, value in cents, week.
    let mut rows: Vec<[i64; 7]> = Vec::new();
    for basket in 0..24_000 {
        let household = 1 + dice.below(HOUSEHOLDS);
        let (store, week) = (1 + dice.below(STORES), 1 + dice.below(WEEKS));
        for _ in 0..=dice.below(5) {
            let product = 1 + dice.below(PRODUCTS);
            let quantity = 1 + dice.below(3);
            let cents = quantity * (99 + dice.below(900));
            rows.push([
                household,
                store,
                30_000_000_000 + basket,
                product,
                quantity,
                cents,
                week,
            ]);
        }
    }
    let column = |i: usize| {
        ints(
            rows.iter()
                .map(move |r| r.get(i).copied().unwrap_or_default()),
        )
    };
    let zeros = || floats(rows.iter().map(|_| 0));
    write(
        tables,
        "transactions",
        vec![
            ("household_id", column(0)),
            ("store_id", column(1)),
            ("basket_id", column(2)),
            ("product_id", column(3)),
            ("quantity", column(4)),
            ("sales_value", floats(rows.iter().map(|r| r[5]))),
            ("retail_disc", zeros()),
            ("coupon_disc", zeros()),
            ("coupon_match_disc", zeros()),
            ("week", column(6)),
            (
                "transaction_timestamp",
                times(
                    rows.iter()
                        .map(|r| FIRST_DAY + (r[6] - 1) * 7 * DAY + DAY / 2),
                ),
            ),
        ],
    )
}

fn ints(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn times(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(values))
}

/// Makes amounts from cents.
fn floats(cents: impl Iterator<Item = i64>) -> ArrayRef {
    let amount = |cents: i64| f64::from(i32::try_from(cents).unwrap_or(0)) / 100.0;
    Arc::new(Float64Array::from_iter_values(cents.map(amount)))
}

fn write(
    tables: &Tables,
    table: &'static str,
    columns: Vec<(&'static str, ArrayRef)>,
) -> Result<(), DemoError> {
    let path = tables.path(table);
    let broken = |_detail| DemoError::Table { table, column: "*" };
    let batch = RecordBatch::try_from_iter(columns)
        .map_err(|_detail| DemoError::Table { table, column: "*" })?;
    let file = File::create(&path).map_err(|e| DemoError::file(&path, e))?;
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).map_err(broken)?;
    writer.write(&batch).map_err(broken)?;
    writer.close().map_err(broken)?;
    Ok(())
}
