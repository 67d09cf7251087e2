//! HTTP services.

pub mod auth;
pub mod check;
mod unread;

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use tokio::net::TcpListener;

/// Answers requests until `stop` is done; then what is in flight has `drain` to come to its end.
///
/// # Errors
/// The listener fails.
pub async fn until(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
    drain: Duration,
) -> std::io::Result<()> {
    let (stopping, mut stopped) = tokio::sync::watch::channel(false);
    let graceful = async move {
        stop.await;
        stopping.send_replace(true);
    };
    let router = router.layer(from_fn(unread::forget));
    let serving = axum::serve(listener, router).with_graceful_shutdown(graceful);
    let late = async move {
        if stopped.wait_for(|s| *s).await.is_ok() {
            tokio::time::sleep(drain).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = serving => ended,
        () = late => Ok(()),
    }
}
