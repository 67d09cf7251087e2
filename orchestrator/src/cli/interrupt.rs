//! Ctrl-C: once to stop in good order, twice to leave at once.

use std::sync::Arc;

use crate::exit::Exit;
use crate::progress::Console;
use crate::search::Cancel;

/// From now on the first interruption cancels `stop`, and the second ends the process. Nothing that
/// was announced can be lost by the second either: it is in the store.
pub fn listen(stop: Cancel, console: Arc<Console>) {
    tokio::spawn(async move {
        if asked().await {
            console.note(
                "stopping: what is under way is being written down; Ctrl-C again to leave at once",
            );
            stop.cancel();
            if asked().await {
                std::process::exit(i32::from(Exit::Interrupted.code()));
            }
        }
    });
}

/// Waits for an interruption; false where the system cannot tell.
#[cfg(unix)]
async fn asked() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return tokio::signal::ctrl_c().await.is_ok();
    };
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => interrupt.is_ok(),
        _ = terminate.recv() => true,
    }
}

/// Waits for an interruption; false where the system cannot tell.
#[cfg(not(unix))]
async fn asked() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}
