//! The one way out of a closed network: to the model proxy of the run, whose socket has a path.
//!
//! It passes bytes and knows nothing of them. What passes is the proxy's to say ([`crate::proxy`]).

use std::ffi::OsString;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Mode, OFlags, open};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixListener, UnixStream};

/// Where an agent finds it: in a namespace of its own every port is free.
pub(crate) const PORT: u16 = 41_100;
/// When a connection cannot be taken, for want of descriptors.
const RESPITE: Duration = Duration::from_millis(100);

/// A socket in a directory, however long its path is: an address holds 107 bytes of one.
#[derive(Debug)]
pub(crate) struct SocketPath {
    directory: OwnedFd,
    name: OsString,
}

impl SocketPath {
    /// The socket of this path; its directory is there.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self {
            directory: open(directory, flags, Mode::empty())?,
            name: name.to_owned(),
        })
    }

    fn address(&self) -> PathBuf {
        let descriptor = self.directory.as_raw_fd();
        Path::new("/proc/self/fd")
            .join(descriptor.to_string())
            .join(&self.name)
    }

    /// Listens there, for our own user alone. What an earlier listener left is removed.
    pub(crate) fn listen(&self) -> io::Result<UnixListener> {
        use std::os::unix::fs::PermissionsExt as _;
        let address = self.address();
        match std::fs::remove_file(&address) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&address)?;
        std::fs::set_permissions(&address, std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    }

    async fn connect(&self) -> io::Result<UnixStream> {
        UnixStream::connect(self.address()).await
    }
}

/// Listens on [`PORT`] of our own network.
pub(crate) async fn listen() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).await
}

/// Passes every connection on to `socket`, for as long as the runtime lives.
pub(crate) async fn serve(listener: TcpListener, socket: SocketPath) {
    let socket = std::sync::Arc::new(socket);
    loop {
        let Ok((mut inner, _)) = listener.accept().await else {
            tokio::time::sleep(RESPITE).await;
            continue;
        };
        let socket = socket.clone();
        tokio::spawn(async move {
            // Without a proxy, and when either end breaks, the agent sees its connection close.
            if let Ok(mut outer) = socket.connect().await {
                let _ = copy_bidirectional(&mut inner, &mut outer).await;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_socket_is_found_by_a_path_of_any_length_and_passes_bytes_both_ways() {
        let place = tempfile::tempdir().unwrap();
        let deep = place.path().join("d".repeat(200));
        std::fs::create_dir(&deep).unwrap();
        let path = deep.join("model");
        std::fs::write(&path, "left behind").unwrap();
        let proxy = SocketPath::new(&path).unwrap().listen().unwrap();
        let echo = async {
            let (mut stream, _) = proxy.accept().await.unwrap();
            let mut asked = String::new();
            stream.read_to_string(&mut asked).await.unwrap();
            stream
                .write_all(asked.to_uppercase().as_bytes())
                .await
                .unwrap();
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asking = async {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            stream.write_all(b"hello").await.unwrap();
            stream.shutdown().await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let relay = tokio::spawn(serve(listener, SocketPath::new(&path).unwrap()));
        let ((), answer) = tokio::join!(echo, asking);
        assert_eq!(answer, "HELLO");
        relay.abort();
    }
}
