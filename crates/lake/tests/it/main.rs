//! The lake, from outside: real files, a real S3 server, real kills.

#[cfg(test)]
mod crash;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod deposits;
#[cfg(test)]
mod drop_area;
#[cfg(test)]
mod exactly_once;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod merging;
#[cfg(test)]
mod quarantine;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod rewriting;
#[cfg(test)]
mod s3;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod support;
