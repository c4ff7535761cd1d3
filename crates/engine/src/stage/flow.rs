use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use yuntu_terms::RelationStage::{self, Act, Advocate, Appeal, Ask, Aware, Opportunity};
use yuntu_terms::{Text, Timestamp};

use super::StageAssignment;

/// How people moved between stages from one moment to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// The first moment.
    pub start: Timestamp,
    /// The second moment.
    pub end: Timestamp,
    /// `cells[s][t]` is how many people were in stage `s` at the start and are in stage `t` at the end.
    pub cells: [[u64; 6]; 6],
    /// The same, seen from each stage.
    pub movements: Vec<StageMovement>,
    /// The same, grouped by what a marketer wants to happen.
    pub scenes: Vec<SceneCount>,
}

/// What happened to one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageMovement {
    /// The stage.
    pub stage: RelationStage,
    /// People in it at the start: those who stayed, went deeper and fell back.
    pub at_start: u64,
    /// People in it at the end.
    pub at_end: u64,
    /// People in it both times.
    pub stayed: u64,
    /// People who went to a deeper stage.
    pub deepened: u64,
    /// People who fell back to a shallower stage.
    pub fell_back: u64,
    /// People in it at the end only (新增).
    pub joined: u64,
    /// People in it at the start only (流失).
    pub left: u64,
    /// `joined` less `left` (净增).
    pub net: i64,
}

/// What a marketer wants to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scene {
    /// 拉新: O to A1, A2, A3 or A4.
    Recruit,
    /// 蓄水: O or A1 to A2, and O to A1.
    Warm,
    /// 种草: O, A1 or A2 to A3.
    Interest,
    /// 直接转化: O, A1 or A2 to A4.
    ConvertDirectly,
    /// 种草转化: A3 to A4.
    ConvertInterest,
    /// 复购: A4 to A5, or A5 with a new order.
    Repurchase,
}

/// How many people a scene happened to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneCount {
    /// The scene.
    pub scene: Scene,
    /// Its name.
    pub name: Text,
    /// The people.
    pub people: u64,
}

impl Scene {
    /// Every scene, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::Recruit,
        Self::Warm,
        Self::Interest,
        Self::ConvertDirectly,
        Self::ConvertInterest,
        Self::Repurchase,
    ];

    /// Returns the number reports and payloads use.
    #[must_use]
    pub const fn number(self) -> i8 {
        match self {
            Self::Recruit => -1,
            Self::Warm => -2,
            Self::Interest => -3,
            Self::ConvertDirectly => -4,
            Self::ConvertInterest => -5,
            Self::Repurchase => -6,
        }
    }

    /// Says whether a move from one stage to another is the scene; A5 with a new order is no move and told apart.
    #[must_use]
    pub const fn has(self, from: RelationStage, to: RelationStage) -> bool {
        match self {
            Self::Recruit => matches!((from, to), (Opportunity, Aware | Appeal | Ask | Act)),
            Self::Warm => matches!(
                (from, to),
                (Opportunity | Aware, Appeal) | (Opportunity, Aware)
            ),
            Self::Interest => matches!((from, to), (Opportunity | Aware | Appeal, Ask)),
            Self::ConvertDirectly => matches!((from, to), (Opportunity | Aware | Appeal, Act)),
            Self::ConvertInterest => matches!((from, to), (Ask, Act)),
            Self::Repurchase => matches!((from, to), (Act, Advocate)),
        }
    }

    /// Returns the name in both languages.
    #[must_use]
    pub fn name(self) -> Text {
        match self {
            Self::Recruit => Text::new("拉新", "Recruiting"),
            Self::Warm => Text::new("蓄水", "Warming up"),
            Self::Interest => Text::new("种草", "Raising interest"),
            Self::ConvertDirectly => Text::new("直接转化", "Direct conversion"),
            Self::ConvertInterest => Text::new("种草转化", "Conversion of interest"),
            Self::Repurchase => Text::new("复购", "Repurchase"),
        }
    }
}

impl Flow {
    /// Counts the moves between two assignments of the same universe.
    ///
    /// `reordered` are the people with a new order between the two moments; of these, who was and is in A5 counts as
    /// repurchase.
    #[must_use]
    pub fn between(
        start: &StageAssignment,
        end: &StageAssignment,
        reordered: Option<&RoaringBitmap>,
    ) -> Self {
        let cell = |from, to| start.people(from).intersection_len(end.people(to));
        let cells = RelationStage::ALL.map(|from| RelationStage::ALL.map(|to| cell(from, to)));
        let sum = |wanted: &dyn Fn(RelationStage, RelationStage) -> bool| -> u64 {
            RelationStage::ALL
                .into_iter()
                .zip(&cells)
                .flat_map(|(from, row)| {
                    RelationStage::ALL
                        .into_iter()
                        .zip(row)
                        .map(move |(to, n)| (from, to, *n))
                })
                .filter(|(from, to, _)| wanted(*from, *to))
                .map(|(_, _, n)| n)
                .sum()
        };
        let movement = |stage: RelationStage| {
            let joined = sum(&|from, to| to == stage && from != stage);
            let left = sum(&|from, to| from == stage && to != stage);
            StageMovement {
                stage,
                at_start: start.people(stage).len(),
                at_end: end.people(stage).len(),
                stayed: sum(&|from, to| from == stage && to == stage),
                deepened: sum(&|from, to| from == stage && to > stage),
                fell_back: sum(&|from, to| from == stage && to < stage),
                joined,
                left,
                net: joined.cast_signed() - left.cast_signed(),
            }
        };
        let bought_again = reordered.map_or(0, |reordered| {
            (start.people(Advocate) & end.people(Advocate)).intersection_len(reordered)
        });
        let scene = |scene: Scene| SceneCount {
            scene,
            name: scene.name(),
            people: sum(&|from, to| scene.has(from, to))
                + if scene == Scene::Repurchase {
                    bought_again
                } else {
                    0
                },
        };
        Self {
            start: start.as_of,
            end: end.as_of,
            cells,
            movements: RelationStage::ALL.map(movement).into(),
            scenes: Scene::ALL.map(scene).into(),
        }
    }
}
