//! The bytes of one part: reading ranges of it, and its key.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use yuntu_terms::{DatasetId, PartId};
use yuntu_vault::DataKey;

/// Where the bytes of a part come from.
#[derive(Debug, Clone)]
pub(crate) enum PartFile {
    /// A local file, read in place: its pages are usually in the cache, and a thread per read costs more than the read.
    Local { file: Arc<File>, len: u64 },
    /// An object.
    Remote {
        store: Arc<dyn ObjectStore>,
        path: Path,
        len: u64,
    },
}

impl AsyncFileReader for PartFile {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        match self {
            Self::Local { file, len } => {
                let read = read_range(file, *len, &range);
                futures::future::ready(read).boxed()
            }
            Self::Remote { store, path, .. } => {
                async move { Ok(store.get_range(path, range).await?) }.boxed()
            }
        }
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        match self {
            Self::Local { file, len } => {
                let read = ranges
                    .iter()
                    .map(|range| read_range(file, *len, range))
                    .collect();
                futures::future::ready(read).boxed()
            }
            Self::Remote { store, path, .. } => {
                async move { Ok(store.get_ranges(path, &ranges).await?) }.boxed()
            }
        }
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        let len = match self {
            Self::Local { len, .. } | Self::Remote { len, .. } => *len,
        };
        async move {
            let reader = ParquetMetaDataReader::new()
                .with_arrow_reader_options(options)
                .with_page_index_policy(PageIndexPolicy::Optional)
                .with_prefetch_hint(Some(64 << 10));
            Ok(Arc::new(reader.load_and_finish(self, len).await?))
        }
        .boxed()
    }
}

fn read_range(file: &File, len: u64, range: &Range<u64>) -> Result<Bytes> {
    if range.start > range.end || range.end > len {
        return Err(ParquetError::EOF(
            "a range lies outside the file".to_owned(),
        ));
    }
    let size = usize::try_from(range.end - range.start)
        .map_err(|error| ParquetError::External(Box::new(error)))?;
    let mut buffer = vec![0; size];
    file.read_exact_at(&mut buffer, range.start)
        .map_err(|error: io::Error| ParquetError::External(Box::new(error)))?;
    Ok(buffer.into())
}

/// Binds a part to its place, so that a file put in another's place does not open.
fn place(dataset: DatasetId, part: PartId) -> Vec<u8> {
    format!("{dataset}/{part}").into_bytes()
}

pub(crate) fn encryption(
    key: &DataKey,
    dataset: DatasetId,
    part: PartId,
) -> Result<Arc<FileEncryptionProperties>> {
    FileEncryptionProperties::builder(key.expose().to_vec())
        .with_aad_prefix(place(dataset, part))
        .with_aad_prefix_storage(false)
        .build()
}

pub(crate) fn decryption(
    key: &DataKey,
    dataset: DatasetId,
    part: PartId,
) -> Result<Arc<FileDecryptionProperties>> {
    FileDecryptionProperties::builder(key.expose().to_vec())
        .with_aad_prefix(place(dataset, part))
        .build()
}
