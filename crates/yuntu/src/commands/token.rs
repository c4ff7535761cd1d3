use std::process::ExitCode;

use yuntu_app::Caller;
use yuntu_app::store::Migrate;

use crate::cli::Token;
use crate::commands::block_on;
use crate::config::{self, Config};
use crate::failure::{Failure, OrFail as _};
use crate::output::Output;

/// Makes a token for the API and prints it once.
pub(crate) fn run(token: &Token, out: &Output) -> Result<ExitCode, Failure> {
    let config = Config::read(&token.folder.data)?;
    config::must_exist(&token.folder.data)?;
    let secret = block_on(async {
        let platform = config.open(&token.folder.data, Migrate::Require).await?;
        let caller = Caller {
            enterprise: token.enterprise,
            representative: token.representative,
        };
        let expires = platform.now().plus_days(i32::from(token.days));
        let (_id, secret) = platform
            .create_token(caller, "command line", expires)
            .await
            .or_fail("无法生成令牌", "the token cannot be made")?;
        // The token is durable already; the next start takes its entry into the ledger if this does not.
        platform.sequence().await.or_fail(
            "令牌已生成，但账本暂时无法收录",
            "the token is made but the ledger cannot take its entry in",
        )?;
        Ok(secret)
    })?;
    // The secret is for the person at this terminal; it is kept nowhere else.
    out.line(secret.expose());
    Ok(ExitCode::SUCCESS)
}
