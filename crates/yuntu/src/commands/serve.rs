use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;
use yuntu_app::store::Migrate;
use yuntu_statement::Statement;
use yuntu_terms::Text;
use yuntu_web::Doors;

use crate::cli::Serve;
use crate::commands::{block_on, operator, outbox};
use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::output::Output;

/// Serves the API and the pages until it is told to stop.
pub(crate) fn run(serve: &Serve, out: &Output) -> Result<ExitCode, Failure> {
    let mut config = Config::read(&serve.folder.data)?;
    log();
    if let Some(address) = serve.listen {
        config.listen_on(address);
    }
    let address = config.listen();
    let statement =
        Statement::in_force().or_fail("声明无法读取", "the statement cannot be read")?;
    if let Some(missing) = operator::missing(statement, &config.operator()) {
        if needs_operator(address) {
            return Err(Failure::new(
                "隐私声明未写明运营者，不能向其他机器提供服务",
                "the statement does not name its operator, so other machines are not served",
            )
            .remedy(missing));
        }
        out.hint(missing.get(out.lang));
    }
    if let Some(stays) = outbox::hint(&config.stays_here()) {
        out.hint(stays.get(out.lang));
    }
    let certificates = config.certificates(&serve.folder.data)?;
    let encrypted = certificates.is_some();
    if !encrypted && !address.ip().is_loopback() {
        if config.origin().starts_with("http:") {
            return Err(without_tls());
        }
        out.hint(out.lang.pick(
            "本程序在此地址上不使用 TLS：前面须有代理以 TLS 1.3 接入，并使其他机器无法绕过它",
            "this address does not speak TLS: a proxy before it must, in version 1.3, and other machines must not get past it",
        ));
    }
    block_on(async {
        // Before anybody is told that it serves, so that it can be stopped in an orderly way from then on.
        let stopped = stopped();
        let platform = config.open(&serve.folder.data, Migrate::Apply).await?;
        let listener = bind(address)?;
        let plain = match config.redirect() {
            Some(address) => Some(bind(address)?),
            None => None,
        };
        let address = listener
            .local_addr()
            .or_fail("地址未知", "the address is not known")?;
        // The port that the system chose, where none was named.
        config.listen_on(address);
        let platform = platform.at_origin(config.site()?);
        let scheme = if encrypted { "https" } else { "http" };
        out.line(&out.lang.pick(
            format!("云图在 {scheme}://{address}/ 提供服务"),
            format!("Yuntu serves on {scheme}://{address}/"),
        ));
        let doors = Doors {
            listener,
            certificates,
            plain,
        };
        yuntu_web::serve(doors, platform, stopped)
            .await
            .or_fail("服务已中止", "the server ended")
    })?;
    Ok(ExitCode::SUCCESS)
}

fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    yuntu_web::listen(address).or_fail(
        format!("无法监听 {address}"),
        format!("cannot listen on {address}"),
    )
}

/// Other machines would send their passwords in the clear (clause R22).
fn without_tls() -> Failure {
    Failure::new(
        "没有 TLS，不能向其他机器提供服务",
        "without TLS other machines are not served",
    )
    .remedy(Text::new(
        "请在 yuntu.toml 的 [server] 中填写 certificate 与 key；若前面另有代理使用 TLS，请在 [web] 中填写以 https:// 开头的 origin",
        "give `certificate` and `key` in [server] of yuntu.toml; or, where a proxy before it speaks TLS, an `origin` in [web] that begins with https://",
    ))
}

/// Says whether the statement must name its operator: one that names nobody is none for others (PIPL 17); trying Yuntu on
/// one's own machine needs none.
fn needs_operator(address: SocketAddr) -> bool {
    !address.ip().is_loopback()
}

/// Sends our own log lines to standard error as JSON; libraries stay silent, because theirs may quote SQL and values.
fn log() {
    let filter = tracing_subscriber::EnvFilter::new("off,yuntu=info");
    let lines = tracing_subscriber::fmt().json().with_env_filter(filter);
    // A second subscriber changes nothing.
    drop(lines.with_writer(std::io::stderr).try_init());
    // The message of a panic may quote a value; where it happened is enough to mend it.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(code.place = place.unwrap_or_default(), "stopped by a fault");
    }));
}

/// Listens for the system's wish to stop from now on, and waits for it.
fn stopped() -> impl Future<Output = ()> + Send + 'static {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    async move {
        let Ok(mut terminate) = terminate else {
            return drop(tokio::signal::ctrl_c().await);
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ones_own_machine_is_served_without_an_operator() {
        for (address, needed) in [
            ("127.0.0.1:80", false),
            ("[::1]:80", false),
            ("0.0.0.0:80", true),
            ("[::]:80", true),
            ("192.0.2.7:80", true),
        ] {
            assert_eq!(
                needs_operator(address.parse().unwrap()),
                needed,
                "{address}"
            );
        }
    }
}
