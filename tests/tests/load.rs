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
    assert!(figures.accepted > JOBS, "{figures}");
    let ended: usize = figures.ended.values().sum();
    assert_eq!(ended, figures.accepted, "{figures}");
    for refused in figures.refused {
        assert!(refused > 0, "a limit was not met: {figures}");
    }
    assert_eq!(figures.without_time, [""; 0]);
    let peak = figures.peak_bytes;
    assert!(
        peak.is_none_or(|peak| peak < MOST_MEMORY_BYTES),
        "{figures}"
    );
}
