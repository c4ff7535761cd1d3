use std::process::ExitCode;

use yuntu_app::Caller;
use yuntu_app::policy::Action;
use yuntu_app::store::NewApiToken;

use crate::cli::Token;
use crate::commands::{self, block_on};
use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::output::Output;

/// Makes a token for the API and prints it once.
pub(crate) fn run(token: &Token, out: &Output) -> Result<ExitCode, Failure> {
    let config = Config::read(&token.folder.data)?;
    let secret = block_on(async {
        let platform = config.open_beside(&token.folder.data).await?;
        let caller = Caller::of(token.enterprise, token.representative);
        let all = || Action::OF_TOKENS.iter().copied();
        let scopes = match &token.scope[..] {
            [] => platform
                .able(&caller, all())
                .await
                .or_fail("无法生成令牌", "the token cannot be made")?,
            some => some.iter().copied().collect(),
        };
        let new = NewApiToken {
            label: String::from("command line"),
            scopes,
            expires: platform.now().plus_days(i32::from(token.days)),
        };
        let (_id, secret) = platform
            .create_token(&caller, &new)
            .await
            .or_fail("无法生成令牌", "the token cannot be made")?;
        commands::sequence(&platform).await?;
        Ok(secret)
    })?;
    // The secret is for the person at this terminal; it is kept nowhere else.
    out.line(secret.expose());
    Ok(ExitCode::SUCCESS)
}
