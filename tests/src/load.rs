//! Load: so many jobs at once, from so many people in so many threads, that every limit is met.
//!
//! Nothing is left to the machine's speed: the story's clock goes on as fast as the work is done.
//! What is measured is memory, and how long the last one waited by the story's clock.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::Value;
use shared::id::ChannelId;

use crate::discord::Act;
use crate::sample;
use crate::world::{REPOSITORY, World, the_fix};

const THREADS: usize = 50;
const PEOPLE: usize = 40;
/// Of five commands, so many are fixes.
const FIXES_OF_FIVE: usize = 2;
/// Of so many jobs one is given once more when all have ended.
const COMES_AGAIN: usize = 10;

/// Each of the three is met by [`Load::jobs`] of a thousand: the first and the last at once, that of
/// the server by those who come again.
const LIMITS: [(&str, &str); 3] = [
    ("USER_FIXES", "20/now 2/hour 100/day"),
    ("GUILD_FIXES", "100/now 24/hour 1000/day"),
    ("ALL_FIXES", "20/now 1000/hour 1000/day"),
];

/// What is to be played.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// How many jobs are queued before the first is delivered. A tenth of them come again later.
    pub jobs: usize,
}

/// What came of it.
#[derive(Debug)]
pub struct Figures {
    /// How many jobs were accepted, of both times.
    pub accepted: usize,
    /// How the jobs ended, and how many so.
    pub ended: BTreeMap<String, usize>,
    /// How many fixes were refused by the limit of a person, of a server and of all servers.
    pub refused: [usize; 3],
    /// Refusals that do not say when to try again.
    pub without_time: Vec<String>,
    /// When the last one ended, by the story's clock.
    pub story: Duration,
    /// How long it took here.
    pub took: Duration,
    /// The most memory that this process ever held, in bytes, where the system says so.
    pub peak_bytes: Option<u64>,
}

impl Load {
    /// Queues the jobs, lets everything happen, and panics unless each has its one outcome.
    pub async fn play(self) -> Figures {
        let began = Instant::now();
        let world = World::in_memory(&LIMITS);
        world.executor.play([the_fix()]);
        let threads: Vec<ChannelId> = (0..THREADS)
            .map(|nth| world.open_thread(&format!("Thread {nth}")))
            .collect();
        let alice = world.person("Alice");
        for thread in &threads {
            world.discord.say(thread, &alice, sample::REPORT);
        }
        let start = world.now();
        for jobs in [self.jobs, self.jobs / COMES_AGAIN] {
            for nth in 0..jobs {
                give(&world, &threads, nth).await;
            }
            world.run_until_quiet().await;
        }
        let story = Duration::try_from(world.now() - start).unwrap_or_default();
        world.finish();

        let accepted = world.accepted_jobs().len();
        let ended = ends(&world);
        let (refused, without_time) = refusals(&world, &threads);
        Figures {
            accepted,
            ended,
            refused,
            without_time,
            story,
            took: began.elapsed(),
            peak_bytes: peak_bytes(),
        }
    }
}

async fn give(world: &Rc<World>, threads: &[ChannelId], nth: usize) {
    let person = format!("Person {}", nth % PEOPLE);
    let command = if nth % 5 < FIXES_OF_FIVE {
        Act::slash("bugbot fix").option("repo", REPOSITORY)
    } else {
        Act::slash("bugbot contextualize")
    };
    // A step that shares no factor with the people: everybody is in many threads.
    let thread = &threads[(nth * 7 / PEOPLE + nth) % THREADS];
    world.command_in(thread, &person, command).await;
}

/// How jobs ended, by the log.
fn ends(world: &World) -> BTreeMap<String, usize> {
    let mut ends = BTreeMap::new();
    for line in world.log() {
        let event: Value = serde_json::from_str(&line).expect("a line of the log is JSON");
        if event["message"] == "job ended" {
            let outcome = event["outcome"].as_str().unwrap_or_default().to_owned();
            *ends.entry(outcome).or_default() += 1;
        }
    }
    ends
}

/// The refusals by whose limit it was, and those that name no time.
fn refusals(world: &World, threads: &[ChannelId]) -> ([usize; 3], Vec<String>) {
    let mut refused = [0; 3];
    let mut without_time = Vec::new();
    let said = threads.iter().flat_map(|thread| world.answers_in(thread));
    for message in said {
        let words = message.to_string();
        let whose = ["You have", "This server has", "All servers together have"];
        let limit = whose.iter().position(|whose| {
            words.contains(&format!("{whose} begun")) || is_running(&words, whose)
        });
        let Some(limit) = limit else { continue };
        refused[limit] += 1;
        if !words.contains("Try again <t:") {
            without_time.push(words);
        }
    }
    (refused, without_time)
}

fn is_running(words: &str, whose: &str) -> bool {
    words.contains(whose) && words.contains("no more may run at once")
}

/// The high-water mark of this process's memory.
/// <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.story.as_secs() / 60;
        writeln!(
            f,
            "{} jobs, most of them at once, all ended after {minutes} minutes of the story's clock:",
            self.accepted
        )?;
        for (outcome, jobs) in &self.ended {
            writeln!(f, "  {jobs:>5} {outcome}")?;
        }
        let [user, server, all] = self.refused;
        writeln!(
            f,
            "fixes refused by the limit of a person {user}, of a server {server}, of all {all}"
        )?;
        if let Some(peak) = self.peak_bytes {
            writeln!(
                f,
                "peak memory {} MiB, with all fakes and all that they keep",
                peak >> 20
            )?;
        }
        write!(f, "played in {:.1?}", self.took)
    }
}
