//! A thousand jobs at once.

use tests::load::Load;

const JOBS: usize = 1_000;
/// Several times what it takes, fakes and their journals included: a leak is beyond it, noise is
/// not.
const MOST_MEMORY_BYTES: u64 = 1 << 30;

#[tokio::test]
async fn a_thousand_jobs_at_once_all_end_once_and_in_bounded_memory() {
    let figures = Load { jobs: JOBS }.play().await;
    println!("{figures}");
    assert_eq!(figures.accepted, JOBS);
    assert_eq!(figures.ended.values().sum::<usize>(), JOBS, "{figures}");
    let refused: usize = figures.refused.iter().sum();
    assert!(refused > 0, "no limit was met: {figures}");
    assert_eq!(figures.without_time, [""; 0]);
    let peak = figures.peak_bytes;
    assert!(
        peak.is_none_or(|peak| peak < MOST_MEMORY_BYTES),
        "{figures}"
    );
}
