with senders as (
    select distinct
        form_id,
        side
    from {{ ref('int_spell') }}
),

ranked as (
    select
        s.form_id,
        s.side,
        d.attribute,
        coalesce(f.rank, d.rank) as rank
    from senders as s
    inner join {{ ref('attribute_precedence') }} as d on s.side = d.form_id
    left join {{ ref('attribute_precedence') }} as f
        on
            s.form_id = f.form_id
            and d.attribute = f.attribute
)

select
    form_id,
    side,
    max(case when attribute = 'left_hukou_date' then rank end) as left_hukou_date_rank,
    max(case when attribute = 'arrived_date' then rank end) as arrived_date_rank,
    max(case when attribute = 'presence' then rank end) as presence_rank,
    max(case when attribute = 'reason_code' then rank end) as reason_code_rank,
    max(case when attribute = 'dwelling_code' then rank end) as dwelling_code_rank
from ranked
group by form_id, side
