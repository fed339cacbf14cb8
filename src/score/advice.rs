//! What to write instead, for a reason that fired.

use crate::ad::Lang;

/// General advice for reason number `reason`, in the language of the ad.
pub fn general(reason: usize, lang: Lang) -> &'static str {
    let table = if lang == Lang::En { &ENGLISH } else { &HEBREW };
    table.get(reason).copied().unwrap_or("")
}

const ENGLISH: [&str; 6] = [
    "Say whose role this is: the audience, product or market the work is for.",
    "List at least three tasks, each with its channel, tool or output, and say which is the main one.",
    "Ask for something that can be shown: years in such a role, a portfolio, a named tool.",
    "State what is at stake: pay or a range, hours and contract, a budget owned, or a path to grow.",
    "Name a result that can be checked: leads, sales, traffic, response time, posts a week, a deadline.",
    "Replace traits and buzzwords by statements of work.",
];

const HEBREW: [&str; 6] = [
    "כתבו של מי התפקיד: הקהל, המוצר או השוק שהעבודה מיועדת לו.",
    "פרטו לפחות שלוש משימות, כל אחת עם הערוץ, הכלי או התוצר שלה, וציינו מהי העיקרית.",
    "בקשו משהו שאפשר להראות: שנות ניסיון בתפקיד דומה, תיק עבודות, כלי בשמו.",
    "כתבו מה מונח על הכף: שכר או טווח, היקף משרה וסוג העסקה, תקציב באחריות, או אופק קידום.",
    "נקבו בתוצאה שאפשר לבדוק: לידים, מכירות, תנועה לאתר, זמן תגובה, פוסטים בשבוע, מועד.",
    "החליפו תכונות וסיסמאות במשפטים שמתארים את העבודה.",
];
