//! The `tachles` program; everything it does is in the library.

fn main() -> std::process::ExitCode {
    tachles::cli::main()
}
