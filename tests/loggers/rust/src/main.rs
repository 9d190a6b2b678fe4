//! Says the same in every format that tracing-subscriber has, each behind a line that names it.
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::{error, info, info_span, subscriber::with_default, warn};

fn vector(name: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    println!("\x1e{name} {}", now.as_nanos());
}

fn say(name: &str) {
    vector(&format!("{name}-info"));
    info!(order = 7, paid = true, "order taken");
    vector(&format!("{name}-error"));
    error!(error = "no order 7", "order failed");
    let span = info_span!("request", customer = "c1");
    let _inside = span.enter();
    vector(&format!("{name}-span"));
    warn!("low stock");
}

fn main() {
    with_default(tracing_subscriber::fmt().with_ansi(false).finish(), || say("tracing-text"));
    with_default(tracing_subscriber::fmt().with_ansi(true).finish(), || say("tracing-colours"));
    with_default(tracing_subscriber::fmt().json().finish(), || say("tracing-json"));
    let flat = tracing_subscriber::fmt().json().flatten_event(true).finish();
    with_default(flat, || say("tracing-flat"));
}
