//! Where a service listens, and whom it lets in.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::exit::Failure;
use crate::serve::auth::Token;

/// Options of every service.
#[derive(Debug, clap::Args)]
pub struct Door {
    /// The address to listen on; any but this machine's own needs a token
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// The port; 0 chooses a free one
    #[arg(long, value_name = "N", default_value_t = 8000)]
    port: u16,
    /// A file with the token that clients must send as `Authorization: Bearer TOKEN`
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    token_file: Option<PathBuf>,
    /// The token itself, from the environment only
    #[arg(long, env = "LAKATOS_SERVE_TOKEN", hide = true, hide_env_values = true)]
    token: Option<String>,
    /// Seconds for what is in flight when the service is stopped
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    drain: u32,
}

/// A door that is open.
pub struct Opened {
    /// Who comes in.
    pub listener: TcpListener,
    /// Where.
    pub address: SocketAddr,
    /// What they must bring.
    pub token: Option<Token>,
}

impl Door {
    /// Listens.
    pub async fn open(&self) -> Result<Opened, Failure> {
        let token = self.token()?;
        if !self.host.is_loopback() && token.is_none() {
            return Err(Failure::user(format!(
                "{} can be reached from other machines, so a token is needed",
                self.host
            ))
            .hint("give one with --token-file FILE, or listen on 127.0.0.1"));
        }
        let address = SocketAddr::new(self.host, self.port);
        let taken = |e| {
            Failure::environment(format!("{address} cannot be listened on: {e}"))
                .hint("choose another port with --port N; 0 finds a free one")
        };
        let listener = TcpListener::bind(address).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        Ok(Opened {
            listener,
            address,
            token,
        })
    }

    /// The time for what is in flight at the end.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain.into())
    }

    fn token(&self) -> Result<Option<Token>, Failure> {
        let (text, place) = match (&self.token_file, &self.token) {
            (Some(path), _) => (read(path)?, path.display().to_string()),
            (None, Some(token)) => (token.clone(), "LAKATOS_SERVE_TOKEN".to_owned()),
            (None, None) => return Ok(None),
        };
        match Token::new(&text) {
            Some(token) => Ok(Some(token)),
            None => Err(Failure::user(format!(
                "{place} holds no token: it is blank"
            ))),
        }
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| {
        Failure::user(format!(
            "the token file {} cannot be read: {e}",
            path.display()
        ))
    })
}
