//! The lake, from outside: real files, a real S3 server, real kills.

mod crash;
mod damage;
mod exactly_once;
mod formats;
mod hostile;
mod identity;
mod kill;
mod quarantine;
mod reading;
mod rewriting;
mod s3;
mod secrecy;
mod support;
