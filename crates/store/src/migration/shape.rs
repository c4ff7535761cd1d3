use sea_orm_migration::sea_query::{
    ColumnDef, ForeignKey, ForeignKeyAction, Index, Table, TableCreateStatement,
};
use sea_orm_migration::{DbErr, SchemaManager};

/// The kinds of columns that both databases keep alike: times are microseconds, numbers are 64 bits.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Uuid,
    Int,
    Text,
    Blob,
}

/// A column that always holds a value.
pub(super) fn need(name: &'static str, shape: Shape) -> ColumnDef {
    let mut column = may(name, shape);
    column.not_null();
    column
}

/// A column that may be empty.
pub(super) fn may(name: &'static str, shape: Shape) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match shape {
        Shape::Uuid => column.uuid(),
        Shape::Int => column.big_integer(),
        Shape::Text => column.text(),
        Shape::Blob => column.blob(),
    };
    column
}

/// A table under construction.
pub(super) struct NewTable {
    name: &'static str,
    statement: TableCreateStatement,
    indexes: Vec<(Vec<&'static str>, Unique)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unique {
    Yes,
    No,
}

impl NewTable {
    pub(super) fn new(name: &'static str, columns: Vec<ColumnDef>) -> Self {
        let mut statement = Table::create();
        statement.table(name);
        for column in columns {
            statement.col(column);
        }
        Self {
            name,
            statement,
            indexes: Vec::new(),
        }
    }

    /// The primary key.
    pub(super) fn key(mut self, columns: &[&'static str]) -> Self {
        let mut key = Index::create();
        for column in columns {
            key.col(*column);
        }
        self.statement.primary_key(&mut key);
        self
    }

    /// A reference to the `id` of another table, whose row cannot go while this one stays.
    pub(super) fn refers(mut self, column: &'static str, table: &'static str) -> Self {
        self.statement.foreign_key(
            ForeignKey::create()
                .name(format!("fk_{}_{column}", self.name))
                .from(self.name, column)
                .to(table, "id")
                .on_delete(ForeignKeyAction::Restrict),
        );
        self
    }

    pub(super) fn unique(mut self, columns: &[&'static str]) -> Self {
        self.indexes.push((columns.to_vec(), Unique::Yes));
        self
    }

    pub(super) fn index(mut self, columns: &[&'static str]) -> Self {
        self.indexes.push((columns.to_vec(), Unique::No));
        self
    }

    pub(super) async fn create(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager.create_table(self.statement).await?;
        for (columns, unique) in self.indexes {
            let mut index = Index::create();
            index
                .table(self.name)
                .name(format!("ix_{}_{}", self.name, columns.join("_")));
            for column in columns {
                index.col(column);
            }
            if unique == Unique::Yes {
                index.unique();
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
