fn main() { inhouse_desktop_lib::run() }
