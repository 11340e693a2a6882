//! The hub's objects as the bot reaches them. Their alarms ring as soon as there is news.

use shared::hub::object::{Answer, Question};
use shared::hub::{Hubs, Shard};

use super::World;
use crate::hub::{ORIGIN, Portal, Volunteer};

impl Hubs for World {
    async fn ask_hub(&self, shard: Shard, question: &Question) -> Result<Answer, String> {
        let name = || format!("hub {}", shard.name());
        let effect = async {
            let answer = self.hub.objects.answer(shard, question);
            self.hub.objects.ring().await?;
            answer
        };
        self.meter
            .call(name, || "no answer".to_owned(), effect)
            .await
    }
}

impl World {
    /// A volunteer of this name, who has logged in to the hub.
    pub async fn volunteer(&self, name: &str) -> Volunteer<&Portal> {
        let id: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let token = format!("token-of-{id}");
        self.hub.forge.account(&token, name, name);
        let volunteer = Volunteer::new(&self.hub, ORIGIN, &format!("client-of-{id}"));
        let volunteer = volunteer.logged_in(&token).await;
        volunteer.register(name).await;
        volunteer
    }
}

impl World {
    /// The bot keeps no issue that it does not work on.
    pub(super) fn check_hub(&self, wrong: &mut Vec<String>) {
        for shard in Shard::all_of_claims() {
            let left = self.hub.objects.run(
                shard,
                "SELECT shown, job FROM claims WHERE client = 'bugbot' AND NOT released \
                 AND status IN ('claimed', 'in_progress')",
            );
            for claim in left {
                wrong.push(format!("the bot still has {claim:?}"));
            }
        }
    }
}
