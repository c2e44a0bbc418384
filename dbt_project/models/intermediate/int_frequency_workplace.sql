-- The latest number of places of work that a person's rows give; it speaks for twelve months, or until a newer one.
with said as (
    select
        p.person_number,
        {{ month_number('f.reported_on') }} as said_month,
        max_by(v.number, {{ order_key(['f.reported_on', 'v.number']) }}) as workplaces
    from {{ ref('stg_person_value') }} as v
    inner join {{ ref('stg_person_row') }} as r
        on
            v.file_id = r.file_id
            and v.sheet = r.sheet
            and v.row_number = r.row_number
    inner join {{ ref('int_current_file') }} as f on r.file_id = f.file_id
    inner join {{ ref('int_frequency_person') }} as p on r.person_key = p.person_key
    where v.field = 'workplaces_in_year' and v.number is not null
    group by p.person_number, said_month
)

select
    person_number,
    workplaces,
    said_month as from_month,
    least(said_month + 12, lead(said_month) over (partition by person_number order by said_month)) as to_month
from said
