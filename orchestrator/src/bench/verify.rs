//! Time of a verification at level 3, one small proof after the other in warm processes.

use std::time::Instant;

use lakatos_datasets::{Solution, bundled};
use lakatos_lean_bridge::launch::Launcher;
use lakatos_lean_bridge::pool::{Pool, PoolOptions};
use lakatos_lean_bridge::verdict::{STANDARD_AXIOMS, VerifyRequest};
use lakatos_lean_bridge::{BridgeError, EnvironmentSpec};

use super::{Figure, Target, percentile};

/// A reference proof of the bundled benchmark as a request.
pub fn request(proof: Solution) -> VerifyRequest {
    VerifyRequest {
        environment: EnvironmentSpec {
            imports: proof.environment.imports,
            text: proof.environment.text,
        },
        reference: proof.reference,
        vouched: proof.vouched,
        submission: proof.submission,
        names: proof.names,
        axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
        timeout_ms: 120_000,
    }
}

/// Milliseconds for each of the bundled benchmark's reference proofs, verified one after the other
/// in one lane. The first `warm_up` of them are verified once before, and not counted.
pub async fn verify(launcher: &Launcher, warm_up: usize) -> Result<Vec<Figure>, BridgeError> {
    let options = PoolOptions {
        workers: 1,
        verify_lanes: 1,
        warm_spare: false,
        ..PoolOptions::default()
    };
    let pool = Pool::start(launcher.clone(), options).await?;
    let proofs = bundled::proofs("bundled").unwrap_or_default();
    let requests: Vec<VerifyRequest> = proofs.into_iter().map(request).collect();
    for request in requests.iter().take(warm_up) {
        pool.verify(request).await;
    }
    let (mut all, mut elaboration, mut kernel) = (Vec::new(), Vec::new(), Vec::new());
    let mut proved = 0;
    for request in &requests {
        let began = Instant::now();
        let report = pool.verify(request).await;
        all.push(1e3 * began.elapsed().as_secs_f64());
        elaboration.push(1e3 * report.elaboration_seconds);
        kernel.push(1e3 * report.kernel_seconds);
        proved += u32::from(report.is_proved());
    }
    pool.shutdown().await;
    let of = |name: &str, values: &[f64], percent: u8| {
        Figure::new(
            format!("{name}, p{percent}"),
            percentile(values, percent.into()),
            "ms",
        )
    };
    Ok(vec![
        Figure::new("proofs accepted at level 3", proved.into(), "proofs"),
        of("a verification", &all, 50).target(Target::AtMost(150.0)),
        of("a verification", &all, 95),
        of("elaboration and export", &elaboration, 50),
        of("challenge, replay and comparison", &kernel, 50),
    ])
}
