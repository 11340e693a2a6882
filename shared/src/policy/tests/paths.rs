//! Single paths, one table a rule.

use super::*;

#[test]
fn front_end_source_may_change() {
    for path in [
        "src/a.ts",
        "src/components/Button.tsx",
        "src/styles/main.module.css",
        "src/app/user.service.ts",
        "src/app/app.component.html",
        "src/api/client.ts",
        "src/locales/de.json",
        "src/lib/middleware/logger.ts",
        "src/components/DockerfileViewer.tsx",
        "src/components/PackageJson.tsx",
        "app/page.tsx",
        "app/(shop)/[...slug]/page.tsx",
        "app/@modal/layout.tsx",
        "app/routes/$id.tsx",
        "components/_button.scss",
        "pages/index.vue",
        "pages/apis/index.tsx",
        "src/inhalt/übersicht.md",
        "src/content/日本語.md",
        "src/content/日本語guide.md",
        "src/content/тест.md",
        "src/content/café.md",
        "src/content/with space.md",
    ] {
        assert_eq!(Policy::default().would_allow(path), Ok(()), "{path}");
    }
}

#[test]
fn what_lies_outside_the_allowed_folders_is_refused() {
    for path in [
        "README.md",
        "src",
        "lib/a.ts",
        "srcs/a.ts",
        "web/src/a.ts",
        "SRC/a.ts",
        "Src/a.ts",
        "public/x.svg",
    ] {
        assert_eq!(
            Policy::default().would_allow(path),
            Err(Reason::OutsideAllowedFolders),
            "{path}"
        );
    }
}

#[test]
fn paths_of_a_hostile_form_are_refused() {
    let long = format!("src/{}", "a/".repeat(120) + "a");
    let deep = format!("src/{}a.ts", "a/".repeat(MAX_FOLDERS));
    let long_name = format!("src/{}", "a".repeat(201));
    for (path, reason) in [
        ("", Reason::EmptyPath),
        ("src/", Reason::EmptySegment),
        ("src//a.ts", Reason::EmptySegment),
        ("src/../a.ts", Reason::DotSegment),
        ("src/..", Reason::DotSegment),
        ("..", Reason::DotSegment),
        ("../src/a.ts", Reason::DotSegment),
        ("./src/a.ts", Reason::DotSegment),
        ("src/./a.ts", Reason::DotSegment),
        ("/src/a.ts", Reason::Absolute),
        ("//server/src/a.ts", Reason::Absolute),
        ("C:/src/a.ts", Reason::Absolute),
        ("c:src/a.ts", Reason::Absolute),
        (r"\\server\src\a.ts", Reason::Backslash),
        (r"src\a.ts", Reason::Backslash),
        (r"src/..\..\a.ts", Reason::Backslash),
        ("src/a\0.ts", Reason::ControlCharacter),
        ("src/a\n.ts", Reason::ControlCharacter),
        ("src/a\u{7f}.ts", Reason::ControlCharacter),
        ("src/a\u{85}.ts", Reason::ControlCharacter),
        ("src/a.ts.", Reason::Padded),
        ("src/a.ts ", Reason::Padded),
        ("src/ a.ts", Reason::Padded),
        ("src /a.ts", Reason::Padded),
        ("src./a.ts", Reason::Padded),
        ("src/...", Reason::Padded),
        ("src/package.json::$DATA", Reason::Colon),
        ("src/a.ts:hidden", Reason::Colon),
        ("\"src/a\\303.ts\"", Reason::Backslash),
        ("\"src/a.ts\"", Reason::NotPortable),
        ("src/a?.ts", Reason::NotPortable),
        ("src/*.ts", Reason::NotPortable),
        ("src/PACKAG~1.JSO", Reason::ShortName),
        ("src/git~1/config", Reason::ShortName),
        ("src/con", Reason::DeviceName),
        ("src/CON.ts", Reason::DeviceName),
        ("src/nul .ts", Reason::DeviceName),
        ("src/Lpt1.test.ts", Reason::DeviceName),
        ("src/aux/a.ts", Reason::DeviceName),
        ("src/caf\u{fffd}.ts", Reason::NotUtf8),
        (&long, Reason::TooLong),
        (&long_name, Reason::TooLong),
        (&deep, Reason::TooLong),
    ] {
        assert_eq!(Policy::default().would_allow(path), Err(reason), "{path:?}");
    }
}

#[test]
fn paths_that_look_like_others_are_refused() {
    for (path, reason) in [
        ("\u{455}rc/a.ts", Reason::LookAlike),         // Cyrillic s
        ("src/pack\u{430}ge.json", Reason::LookAlike), // Cyrillic a
        ("src/\u{441}\u{43e}\u{441}\u{43e}.ts", Reason::LookAlike), // all Cyrillic, reads "coco"
        ("src/\u{3bf}pen.ts", Reason::LookAlike),      // Greek o
        ("src/\u{ff41}.ts", Reason::LookAlike),        // fullwidth a
        ("src\u{ff0f}a.ts", Reason::LookAlike),        // fullwidth slash
        ("src/\u{ff0e}git/config", Reason::LookAlike), // fullwidth full stop
        ("src/\u{2024}git/config", Reason::LookAlike), // one dot leader
        ("src\u{2215}a.ts", Reason::LookAlike),        // division slash
        ("src/m\u{131}ddleware.ts", Reason::LookAlike), // dotless i
        ("src/\u{17f}erver/a.ts", Reason::LookAlike),  // long s folds to s
        ("src/com\u{b9}", Reason::LookAlike),          // superscript one
        ("src/\u{1f389}.ts", Reason::LookAlike),       // an emoji is in no script
        ("src/cafe\u{301}.ts", Reason::NotComposed),
        ("src/\u{212a}ey.ts", Reason::NotComposed), // Kelvin sign composes to K
        ("src/.g\u{200c}it/config", Reason::InvisibleCharacter),
        ("src/.gi\u{200d}t", Reason::InvisibleCharacter),
        ("src/\u{feff}a.ts", Reason::InvisibleCharacter),
        ("src/gpj.\u{202e}st.a", Reason::InvisibleCharacter), // turns the text around
        ("src/\u{2066}a.ts", Reason::InvisibleCharacter),
        ("src/a\u{a0}b.ts", Reason::InvisibleCharacter),
        ("src/a\u{3000}b.ts", Reason::InvisibleCharacter),
        ("src/a\u{ad}b.ts", Reason::InvisibleCharacter),
        ("src/a\u{fe0f}b.ts", Reason::InvisibleCharacter),
        ("src/a\u{e0041}b.ts", Reason::InvisibleCharacter),
    ] {
        assert_eq!(
            Policy::default().would_allow(path),
            Err(reason),
            "{}",
            path.escape_unicode()
        );
    }
}

/// Paths by the reason for which they are protected, inside allowed folders and outside.
const PROTECTED: [(Protected, &str); 8] = [
    (
        Protected::Git,
        ".git/config src/.git/hooks/pre-commit src/.GIT/config src/.gitattributes .gitmodules src/.Gitignore
         .github/workflows/ci.yml .gitlab-ci.yml src/CODEOWNERS",
    ),
    (
        Protected::Secret,
        "src/.env .env.local src/prod.env src/server.key src/id_rsa src/ID_ED25519.pub src/cert.PEM .npmrc
         app/credentials.json src/secrets.ts .dev.vars src/x.p12",
    ),
    (
        Protected::Dependency,
        "package.json src/package.json src/Package.JSON src/lib/package-lock.json yarn.lock app/pnpm-lock.yaml
         src/bun.lockb src/Cargo.toml src/requirements-dev.txt src/go.mod src/Gemfile src/Gemfile.lock
         src/node_modules/left-pad/index.js src/vendor/a.js src/deno.json",
    ),
    (
        Protected::Infrastructure,
        "Dockerfile src/Dockerfile.dev src/api.dockerfile docker-compose.yml src/main.tf wrangler.toml
         src/wrangler.jsonc .circleci/config.yml src/infra/stack.ts src/k8s/a.json src/deploy.sh Makefile
         src/Jenkinsfile app/ci/run.ts vercel.json",
    ),
    (
        Protected::BackEnd,
        "app/api/users/route.ts app/api/x.ts pages/api/hello.ts src/app/api/x.ts src/pages/api/x.ts
         app/(shop)/api/x.ts app/route.ts app/feed/route.tsx src/middleware.ts src/server/db.ts src/Server/db.ts
         src/server.ts app/entry.server.tsx src/routes/+page.server.ts src/backend/a.ts app/models/user.rb
         src/main.rs src/app.py src/migrations/1.js src/schema.prisma src/functions/a.ts",
    ),
    (
        Protected::AgentInstructions,
        "CLAUDE.md src/CLAUDE.md src/agents.md src/.cursor/rules .claude/settings.json src/CLAUDE.local.md .mcp.json",
    ),
    (
        Protected::Configuration,
        "vite.config.ts src/vite.config.ts tsconfig.json src/tsconfig.app.json src/jsconfig.json src/config.ts
         src/app/app.config.ts src/settings.toml src/data.yml angular.json src/manifest.json",
    ),
    (Protected::Hidden, "src/.eslintrc src/.storybook/main.ts .husky/pre-commit src/.DS_Store"),
];

#[test]
fn protected_files_are_refused_inside_allowed_folders_and_by_their_own_reason_outside() {
    for (expected, paths) in PROTECTED {
        for path in paths.split_whitespace() {
            match Policy::default().would_allow(path) {
                Err(Reason::Protected { why, .. }) => assert_eq!(why, expected, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }
}
