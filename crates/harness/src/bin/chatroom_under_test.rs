//! The `chatroom` binary under another name, so that this package's tests may start, kill and restart it.

fn main() -> std::process::ExitCode {
    gateway::cli::main()
}
