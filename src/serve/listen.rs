//! Connections: accepted within limits, let go gracefully.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;

use super::App;
use crate::error::{Error, ErrorKind, Result};

/// Bytes of a request's head at most.
const HEAD: usize = 32 << 10;

/// Listens at `address`.
///
/// # Errors
/// `Io` when it is taken or not of this machine.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| refused(address, &error))
}

/// The error for an address.
pub(super) fn refused(address: SocketAddr, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{address} cannot be listened on: {error}"))
}

/// Answers until a signal comes, then waits for what is under way.
pub(super) async fn serve(listener: TcpListener, router: Router, app: &Arc<App>) {
    let places = Arc::new(Semaphore::new(app.limits.connections));
    let graceful = GracefulShutdown::new();
    let stop = stop(app);
    tokio::pin!(stop);
    loop {
        let accepted = async {
            // Never closed; without a place nobody is let in.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, stream) = tokio::select! {
            (place, accepted) = accepted => match accepted {
                Ok((stream, _)) => (place, stream),
                Err(error) => {
                    // Out of file handles, most likely: connections that end give some back.
                    app.observer.warning("accept", &format!("a connection was not accepted: {error}"));
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        // Answers are small; a client that waits for one should not wait for more to be sent with it.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(app.limits.head)
            .max_buf_size(HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that goes away, or talks no HTTP, is no event.
            let _ = watched.await;
            drop(place);
        });
    }
    drop(listener);
    app.observer.stopping(graceful.count());
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(app.limits.grace) => {
            app.observer.warning("cut", "requests that took too long were cut off");
        }
    }
}

/// Ends with the first SIGINT or SIGTERM; a second one ends the process.
async fn stop(app: &App) {
    let (mut interrupt, mut terminate) = match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
        (Err(error), _) | (_, Err(error)) => {
            app.observer.warning("signals", &format!("signals cannot be watched, so they end the process: {error}"));
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(2);
    });
}
