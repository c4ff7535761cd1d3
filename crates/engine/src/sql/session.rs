use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::datasource::empty::EmptyTable;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::memory_pool::TrackConsumersPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{SessionState, SessionStateDefaults};
use datafusion::logical_expr::{ScalarUDF, Volatility};
use datafusion::prelude::SessionConfig;

use roaring::RoaringBitmap;
use yuntu_terms::ClauseId;

use super::people;
use crate::error::EngineError;
use crate::guard::{Guard, GuardedTable};

const CATALOG: &str = "yuntu";
const SCHEMA: &str = "data";

/// Functions that make a large value out of a small one; their memory is not counted by the pool.
const MULTIPLIERS: [&str; 10] = [
    "repeat",
    "lpad",
    "rpad",
    "range",
    "generate_series",
    "array_repeat",
    "list_repeat",
    "array_resize",
    "list_resize",
    "space",
];

/// How much one statement may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionLimits {
    pub(crate) memory_bytes: usize,
    pub(crate) partitions: usize,
    pub(crate) batch_size: usize,
}

/// Makes a session in which the guarded datasets are the only tables; [`offer_people`] may add sets of admitted people.
///
/// There are no table functions, no file formats and no table factories, no object store, no spill files; functions are
/// those that depend on their arguments alone.
pub(crate) fn session(
    guards: &[Arc<Guard>],
    limits: SessionLimits,
) -> Result<SessionState, EngineError> {
    let tables = guards.iter().map(|guard| {
        let table: Arc<dyn TableProvider> = Arc::new(GuardedTable(Arc::clone(guard)));
        (guard.name.clone(), table)
    });
    session_over(tables, limits)
}

/// Makes a session over tables that have columns and no rows, in which a statement is planned and never run.
pub(crate) fn planning_session(
    tables: impl IntoIterator<Item = (String, SchemaRef)>,
    limits: SessionLimits,
) -> Result<SessionState, EngineError> {
    let tables = tables.into_iter().map(|(name, schema)| {
        let table: Arc<dyn TableProvider> = Arc::new(EmptyTable::new(schema));
        (name, table)
    });
    session_over(tables, limits)
}

fn session_over(
    tables: impl IntoIterator<Item = (String, Arc<dyn TableProvider>)>,
    limits: SessionLimits,
) -> Result<SessionState, EngineError> {
    let failed = |_detail| EngineError::internal("query session");
    let schema = MemorySchemaProvider::new();
    for (name, table) in tables {
        schema.register_table(name, table).map_err(failed)?;
    }
    let catalog = MemoryCatalogProvider::new();
    catalog
        .register_schema(SCHEMA, Arc::new(schema))
        .map_err(failed)?;
    let pool = TrackConsumersPool::new(FairSpillPool::new(limits.memory_bytes), NonZeroUsize::MIN);
    let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .with_disk_manager_builder(disk)
        .build_arc()
        .map_err(failed)?;
    runtime
        .deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref())
        .map_err(failed)?;
    let state = SessionStateBuilder::new()
        .with_config(config(limits))
        .with_runtime_env(runtime)
        .with_expr_planners(SessionStateDefaults::default_expr_planners())
        .with_scalar_functions(scalar_functions())
        .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
        .with_window_functions(SessionStateDefaults::default_window_functions())
        .build();
    state
        .catalog_list()
        .register_catalog(CATALOG.to_owned(), Arc::new(catalog));
    Ok(state)
}

/// Puts people into a session as a table with one column, `subject`.
///
/// INVARIANT: only admitted people are put in, so the table tells of nobody else.
pub(crate) fn offer_people(
    state: &SessionState,
    name: &str,
    people: &RoaringBitmap,
) -> Result<(), EngineError> {
    let failed = || EngineError::internal("people of a session");
    let schema = state.catalog_list().catalog(CATALOG);
    let schema = schema.and_then(|catalog| catalog.schema(SCHEMA));
    let schema = schema.ok_or_else(failed)?;
    if schema.table_exist(name) {
        return Err(EngineError::refused(
            ClauseId::u(2),
            "a dataset of the run has the name of a saved audience",
        ));
    }
    schema
        .register_table(name.to_owned(), people::table(people)?)
        .map_err(|_detail| failed())?;
    Ok(())
}

fn config(limits: SessionLimits) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_information_schema(false)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        .with_target_partitions(limits.partitions)
        .with_batch_size(limits.batch_size)
        .with_collect_statistics(false);
    let options = config.options_mut();
    options.sql_parser.collect_spans = true;
    options.execution.enable_recursive_ctes = false;
    config
}

fn scalar_functions() -> Vec<Arc<ScalarUDF>> {
    SessionStateDefaults::default_scalar_functions()
        .into_iter()
        .filter(|function| {
            function.signature().volatility == Volatility::Immutable
                && !MULTIPLIERS.contains(&function.name())
                && function.name() != "version"
        })
        .collect()
}
