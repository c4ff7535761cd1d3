use crate::link::Link;

/// The reading side of the store or of an open transaction; its methods lie beside the rows they read.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) link: Link,
}

impl Reader {
    pub(crate) const fn new(link: Link) -> Self {
        Self { link }
    }
}
