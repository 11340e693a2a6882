use super::*;

fn bugbot() -> Value {
    json!([
        {"name": "bugbot", "description": "Fixes bugs", "options": [
            {"type": 1, "name": "fix", "description": "Fix it", "options": [
                {"type": 3, "name": "issue", "description": "Which", "autocomplete": true},
            ]},
        ]},
        {"name": "Fix this bug", "type": 3},
    ])
}

fn path(world: &World) -> String {
    format!("/applications/{}/commands", world.discord.application())
}

#[tokio::test]
async fn commands_are_replaced_and_keep_their_ids() {
    let world = World::new();
    let put = async |body: Value| world.call(Method::PUT, &path(&world), body).await;
    let (status, first) = put(bugbot()).await;
    assert_eq!(status, 200);
    assert_eq!(first[1]["description"], "");
    let (_, second) = put(bugbot()).await;
    assert_eq!(first[0]["id"], second[0]["id"]);
    assert_eq!(world.get(&path(&world)).await.1, second);
    assert_eq!(world.discord.commands(None).len(), 2);

    let guild = world.discord.guild();
    let in_guild = format!(
        "/applications/{}/guilds/{guild}/commands",
        world.discord.application()
    );
    assert_eq!(
        world.call(Method::PUT, &in_guild, bugbot()).await.1[0]["guild_id"],
        guild.as_str()
    );
    assert_eq!(world.discord.commands(Some(&guild)).len(), 2);
    world.discord.finish();
}

#[tokio::test]
async fn a_definition_is_refused_at_its_place() {
    let world = World::new();
    let option = |name: &str, required: bool| json!({"type": 3, "name": name, "description": "d", "required": required});
    let slash =
        |options: Vec<Value>| json!([{"name": "a", "description": "d", "options": options}]);
    let long = json!({"name": "x".repeat(100), "value": "x".repeat(100)});
    let cases = [
        (json!([{"name": "Upper", "description": "d"}]), "/0/name"),
        (json!([{"name": "two words", "description": "d"}]), "/0/name"),
        (json!([{"name": "a"}]), "/0/description"),
        (json!([{"name": "A", "type": 3, "description": "d"}]), "/0/description"),
        (json!([{"name": "a", "description": "x".repeat(101)}]), "/0/description"),
        (json!([{"name": "a", "description": "d"}, {"name": "a", "description": "d"}]), "/1/_errors"),
        (slash(vec![option("o", false), option("r", true)]), "/0/options/1/_errors"),
        (slash(vec![option("o", false), option("o", false)]), "/0/options/1/_errors"),
        (slash((0..26).map(|n| option(&format!("o{n}"), false)).collect()), "/0/options/_errors"),
        (slash(vec![json!({"type": 1, "name": "s", "description": "d"}), option("o", false)]), "/0/options/_errors"),
        (slash((0..4).map(|n| json!({"type": 3, "name": format!("o{n}"), "description": "d", "choices": vec![long.clone(); 25]})).collect()), "/0/_errors"),
    ];
    for (body, place) in cases {
        let (status, refused) = world.call(Method::PUT, &path(&world), body).await;
        assert_eq!((status, &refused["code"]), (400, &json!(50035)), "{place}");
        assert!(
            refused["errors"].pointer(place).is_some(),
            "{place}: {refused}"
        );
        assert_eq!(world.discord.take_violations().len(), 1);
    }
    assert_eq!(world.discord.commands(None), Vec::<Value>::new());
}
