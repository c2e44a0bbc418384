{{ per_person() }}

{#
    What is read out of a valid number goes before what is written beside none; then the form that knows best, the latest
    report and, last, the smaller value.
#}
{%- set numbered = 'case when c.is_numbered then 0 else 1 end' -%}
{%- set latest = latest_first('c.reported_on') -%}
with reported as (
    select
        c.person_key,
        min_by(c.sex, {{ order_key([numbered, 'p.sex_rank', latest, 'c.sex']) }})
        filter (where c.sex is not null) as sex,
        min_by(c.birth_date, {{ order_key([numbered, 'p.birth_date_rank', latest, 'c.birth_date']) }})
        filter (where c.birth_date is not null) as birth_date,
        min_by(c.hukou_nature, {{ order_key(['p.hukou_nature_rank', latest, 'c.hukou_nature']) }})
        filter (where c.hukou_nature is not null) as hukou_nature,
        min_by(c.education_code, {{ order_key(['p.education_code_rank', latest, 'c.education_code']) }})
        filter (where c.education_code is not null) as education_code,
        min(c.reported_on) as first_reported,
        max(c.reported_on) as last_reported
    from {{ ref('int_claim') }} as c
    left join {{ ref('int_precedence') }} as p on c.form_id = p.form_id
    group by c.person_key
),

latest as (
    select
        person_key,
        origin_code,
        origin_level,
        row_number() over (
            partition by person_key
            order by last_reported desc, {{ depth_digit('origin_level') }}, origin_code asc
        ) as age
    from {{ ref('int_stay') }}
    where origin_code is not null
)

select
    r.person_key,
    r.sex,
    r.birth_date,
    l.origin_code as hukou_code,
    l.origin_level as hukou_level,
    r.hukou_nature,
    r.education_code,
    r.first_reported,
    r.last_reported
from reported as r
left join latest as l
    on
        r.person_key = l.person_key
        and l.age = 1
