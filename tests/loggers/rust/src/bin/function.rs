//! A function of AWS's runtime for Rust that says the same, each behind a line that names it.
use std::time::{SystemTime, UNIX_EPOCH};

use lambda_runtime::{run, service_fn, tracing, Error, LambdaEvent};
use serde_json::Value;

fn vector(name: &str) {
    let kind = std::env::var("AWS_LAMBDA_LOG_FORMAT").unwrap_or("Text".into()).to_lowercase();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    println!("\x1erust-{kind}-{name} {}", now.as_nanos());
}

async fn handle(_event: LambdaEvent<Value>) -> Result<Value, Error> {
    vector("info");
    tracing::info!(order = 7, paid = true, "order taken");
    let span = tracing::info_span!("stock", customer = "c1");
    vector("span");
    span.in_scope(|| tracing::warn!("low stock"));
    vector("failed");
    Err("no order 7".into())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    run(service_fn(handle)).await
}
