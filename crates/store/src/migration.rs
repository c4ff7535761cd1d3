//! The migrations: the only way a schema comes to exist, in tests too.

use sea_orm_migration::{MigrationTrait, MigratorTrait};

mod m0001_parties;
mod m0002_data;
mod m0003_work;
mod m0004_people;
mod m0005_seats;
mod m0006_operators;
mod m0007_certification;
mod m0008_upkeep;
mod m0009_minors;
mod m0010_doors;
mod m0011_papers;
mod m0013_kinds;
mod m0016_duties;
mod m0017_since;
mod m0018_cited;
mod m0019_consents;
mod m0020_stops;
mod m0021_tokens;
mod m0022_declarations;
mod m0023_repeats;
mod m0024_measures;
mod m0025_classes;
mod m0026_scopes;
mod m0027_imports;
mod m0028_help;
mod m0029_exceptions;
mod m0030_joined;
mod m0031_person;
mod m0035_partners;
mod shape;

/// Applies the migrations in order.
#[derive(Debug)]
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_parties::Parties),
            Box::new(m0002_data::Business),
            Box::new(m0003_work::Work),
            Box::new(m0004_people::People),
            Box::new(m0005_seats::Seats),
            Box::new(m0006_operators::Operators),
            Box::new(m0007_certification::Certification),
            Box::new(m0008_upkeep::Upkeep),
            Box::new(m0009_minors::Minors),
            Box::new(m0010_doors::Doors),
            Box::new(m0011_papers::Papers),
            Box::new(m0013_kinds::Kinds),
            Box::new(m0016_duties::Duties),
            Box::new(m0017_since::Since),
            Box::new(m0018_cited::Cited),
            Box::new(m0019_consents::Consents),
            Box::new(m0020_stops::Stops),
            Box::new(m0021_tokens::Tokens),
            Box::new(m0022_declarations::Declarations),
            Box::new(m0023_repeats::Repeats),
            Box::new(m0024_measures::Measures),
            Box::new(m0025_classes::Classes),
            Box::new(m0026_scopes::Scopes),
            Box::new(m0027_imports::Imports),
            Box::new(m0028_help::Help),
            Box::new(m0029_exceptions::Exceptions),
            Box::new(m0030_joined::Joined),
            Box::new(m0031_person::Person),
            Box::new(m0035_partners::Partners),
        ]
    }
}
