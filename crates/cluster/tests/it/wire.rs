//! A wire between a node and its server that can be cut.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use parking_lot::{Condvar, Mutex};
use tempfile::TempDir;

/// What happens to bytes on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It arrives.
    Whole,
    /// Connections end, and new ones end at once.
    Cut,
    /// It waits, and no connection ends.
    Mute,
}

pub(crate) struct Wire {
    folder: TempDir,
    state: Arc<State>,
}

struct State {
    mode: Mutex<(Mode, Vec<UnixStream>)>,
    changed: Condvar,
}

impl Wire {
    /// Opens a wire to the socket at `server`.
    pub(crate) fn to(server: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = Arc::new(State { mode: Mutex::new((Mode::Whole, Vec::new())), changed: Condvar::new() });
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        let (server, shared) = (server.to_owned(), Arc::clone(&state));
        thread::spawn(move || serve(&listener, &server, &shared));
        Self { folder, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("unix://{}/s", self.folder.path().display())
    }

    pub(crate) fn set(&self, mode: Mode) {
        let mut state = self.state.mode.lock();
        state.0 = mode;
        if mode == Mode::Cut {
            for stream in state.1.drain(..) {
                // It may be closed already.
                drop(stream.shutdown(Shutdown::Both));
            }
        }
        self.state.changed.notify_all();
    }
}

fn serve(listener: &UnixListener, server: &PathBuf, state: &Arc<State>) {
    for near in listener.incoming() {
        let Ok(near) = near else { return };
        // A server that is away refuses connections, and so does the wire.
        let Ok(far) = UnixStream::connect(server) else { continue };
        let mut known = state.mode.lock();
        if known.0 == Mode::Cut {
            continue;
        }
        known.1.extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
        drop(known);
        for (from, to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
            let state = Arc::clone(state);
            thread::spawn(move || carry(from, to, &state));
        }
    }
}

fn carry(mut from: UnixStream, mut to: UnixStream, state: &State) {
    let mut buffer = [0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let mut mode = state.mode.lock();
        state.changed.wait_while(&mut mode, |(mode, _)| *mode == Mode::Mute);
        drop(mode);
        if buffer.get(..length).is_none_or(|part| to.write_all(part).is_err()) {
            break;
        }
    }
    drop((from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)));
}
