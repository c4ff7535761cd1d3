use std::process::ExitCode;

use yuntu_app::Caller;
use yuntu_app::store::Migrate;

use crate::cli::Token;
use crate::commands::block_on;
use crate::config::Config;
use crate::output::Output;

/// Makes a token for the API and prints it once.
pub(crate) fn run(token: &Token, out: &Output) -> anyhow::Result<ExitCode> {
    let config = Config::read(&token.folder.data)?;
    let secret = block_on(async {
        let platform = config.open(&token.folder.data, Migrate::Require).await?;
        let caller = Caller {
            enterprise: token.enterprise,
            representative: token.representative,
        };
        let expires = platform.now().plus_days(i32::from(token.days));
        let (_id, secret) = platform
            .create_token(caller, "command line", expires)
            .await?;
        platform.sequence().await?;
        Ok(secret)
    })?;
    // The secret is for the person at this terminal; it is kept nowhere else.
    secret.digest(|text| out.line(text));
    Ok(ExitCode::SUCCESS)
}
