//! Yuntu as a contestant of `cargo xtask bench`: answers one line for each line asked.
//!
//! It is built with the `dev` profile like the rest and is never shipped.
#![expect(
    clippy::print_stdout,
    reason = "the contestant answers on standard output"
)]

use std::io::{BufRead, Write};

use anyhow::Result;

fn main() -> Result<()> {
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        println!("unable {line}: not yet in this contestant");
        std::io::stdout().flush()?;
    }
    Ok(())
}
