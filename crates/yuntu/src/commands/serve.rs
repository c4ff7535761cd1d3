use std::process::ExitCode;

use anyhow::Context as _;
use yuntu_app::store::Migrate;

use crate::cli::Serve;
use crate::commands::block_on;
use crate::config::Config;
use crate::output::Output;

/// Serves the API and the pages until it is told to stop.
pub(crate) fn run(serve: &Serve, out: &Output) -> anyhow::Result<ExitCode> {
    let config = Config::read(&serve.folder.data)?;
    let address = serve.listen.unwrap_or_else(|| config.listen());
    block_on(async {
        let platform = config.open(&serve.folder.data, Migrate::Apply).await?;
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .context("cannot listen on the address")?;
        let address = listener.local_addr().context("the address is not known")?;
        out.line(&out.lang.pick(
            format!("云图在 http://{address}/ 提供服务"),
            format!("Yuntu serves on http://{address}/"),
        ));
        yuntu_web::serve(listener, platform, stopped())
            .await
            .context("the server ended")
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Waits for the system's wish to stop.
async fn stopped() {
    let terminate = tokio::signal::unix::SignalKind::terminate();
    let Ok(mut terminate) = tokio::signal::unix::signal(terminate) else {
        return drop(tokio::signal::ctrl_c().await);
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
